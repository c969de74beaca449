// Letters that the node could not take yet: kept in the browser, and sent in their order once it answers.
//
// Each has the client key that its form had, also where a first attempt may have reached the node and only the
// answer was lost: under one key the node makes one letter. So sending again is safe, from any page and after
// any restart; one page at a time sends, and takes out.

import { Shelf } from "./shelf.js";
import { t } from "./texts.js";

const MOST = 100; // letters; beyond that, and where the browser has no room, words stay in their field
const NO_LONGER_MS = 29 * 86_400_000; // the node knows a key for 30 days
const PATIENCE_MS = 15_000;
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 60_000;

export class Outbox {
  // `url` takes letters; `changed` is called when what is kept, or why it waits, is no longer the same;
  // `sent` when the node has taken one.
  constructor(mailbox, url, changed, sent) {
    this.shelf = new Shelf("kept", mailbox);
    this.lock = this.shelf.prefix;
    this.url = url;
    this.changed = changed;
    this.sent = sent;
    this.inHand = null; // the key of the letter that is being sent
    this.why = ""; // the node's words, where it answers and can't take any
    this.pause = FIRST_PAUSE_MS;
    this.shelf.watch(changed);
  }

  // In the order in which they were written.
  letters() {
    return [...this.shelf.all().values()].sort((one, other) => one.order - other.order);
  }

  // Letters that are to be sent by themselves.
  waiting() {
    return this.letters().filter((letter) => !letter.refused);
  }

  // Returns whether it is kept now; if not, its words must stay where they are.
  add(letter) {
    const kept = this.letters();
    if (kept.length >= MOST && !kept.some((one) => one.key === letter.key)) return false;
    const order = Math.max(Date.now(), (kept.at(-1)?.order ?? 0) + 1);
    const isKept = this.shelf.put(letter.key, { ...letter, order, since: Date.now() });
    this.changed();
    return isKept;
  }

  // Takes a letter out; returns it, or null where it was sent before.
  async take(key) {
    let found = null;
    await this.alone(() => {
      found = this.shelf.get(key);
      this.shelf.remove(key);
    });
    this.changed();
    return found;
  }

  // Sends all that wait, until the node can take no more; then tries again by itself, ever less often.
  async flush() {
    clearTimeout(this.timer);
    await this.alone(async () => {
      let next = this.waiting()[0];
      while (next && (await this.send(next))) next = this.waiting()[0];
      if (!next) this.pause = FIRST_PAUSE_MS;
    });
    this.changed();
    if (!this.waiting().length) return;
    this.timer = setTimeout(() => this.flush(), this.pause);
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE_MS);
  }

  // Where a browser has no locks, keys alone keep one letter from becoming two.
  alone(act) {
    return navigator.locks ? navigator.locks.request(this.lock, act) : act();
  }

  // Returns whether the next one may be sent.
  async send(letter) {
    const draft = draftOf(letter);
    if (Date.now() - letter.since > NO_LONGER_MS) return this.refuse(letter, t("It was kept here too long to be sent by itself."));
    this.inHand = letter.key;
    this.changed();
    try {
      const headers = { "content-type": "application/json", accept: "application/json" };
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const answer = await fetch(this.url, { method: "POST", headers, body: JSON.stringify(draft), signal });
      if (!answer.ok) return this.refusal(letter, answer.status, await answer.text());
      this.shelf.remove(letter.key);
      this.why = "";
      this.sent();
      return true;
    } catch {
      this.why = "";
      return false; // The node does not answer.
    } finally {
      this.inHand = null;
    }
  }

  // Only what is wrong with the letter itself is for its writer to mend; all else passes.
  refusal(letter, status, body) {
    const words = refusalWords(status, body);
    if (isRefused(status)) return this.refuse(letter, words);
    this.why = words;
    return false;
  }

  refuse(letter, words) {
    this.shelf.put(letter.key, { ...letter, refused: words });
    return true;
  }
}

// What the node takes of a letter that is kept here.
export function draftOf(letter) {
  const { order, since, written, answers, topic_shown, attached, refused, replacing, ...draft } = letter;
  return draft;
}

// Whether a letter was refused for what it is, so that to send it again is of no use.
export function isRefused(status) {
  return status === 422 || status === 413;
}

// What the node answered, in its words.
export function refusalWords(status, body) {
  try {
    const told = JSON.parse(body);
    if (told.where === "key") return t("An earlier version of it was sent already, and is among the letters.");
    return (told.errors ?? [told]).map((each) => `${each.error}.${each.right ? ` ${each.right}.` : ""}`).join(" ");
  } catch {
    return t("It answered {status}.", { status });
  }
}

// A key for a letter, unlike any other.
export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
