// The page while the node is away: no letters, which it has none of, and drafts, which are this browser's own.
// Each is the draft that the composer of its conversation or topic opens with, under the same key.

import { newKey } from "./outbox.js";
import { Shelf, draftPlace } from "./shelf.js";
import { t } from "./texts.js";

const ASK_MS = 3_000;

const byId = (id) => document.getElementById(id);
const { mailbox, base, now } = document.body.dataset;
const asked = new URLSearchParams(location.search);
const drafts = new Shelf("draft", mailbox);
const waiting = new Shelf("kept", mailbox);
const [to, text] = [byId("to"), byId("text")];
const names = new Map([...to.options].map((one) => [one.value, one.textContent]));
let topic = asked.get("topic") ?? "";

const named = (address) => names.get(address) ?? address;
const place = () => draftPlace(to.value, topic);

function choose(address, thread) {
  if (address && !names.has(address)) {
    names.set(address, address);
    to.add(new Option(address, address));
  }
  if (address) to.value = address;
  topic = thread;
  show();
}

function show() {
  const draft = drafts.get(place());
  text.value = draft?.text ?? "";
  byId("in-topic").hidden = !topic;
  byId("topic-name").textContent = draft?.topic_shown || t("Without a name");
  byId("state").textContent = draft ? t("Kept in this browser.") : "";
  list();
}

function save() {
  const before = drafts.get(place()) ?? {};
  const bare = !text.value && !before.reply_to && !before.attached?.length;
  // After all others: which one is the latest is told by that alone.
  const written = 1 + Math.max(Date.parse(now), ...[...drafts.all().values()].map((one) => one.written ?? 0));
  const draft = { priority: "normal", act: "words", parts: [], attached: [], key: newKey(), ...before, to: to.value, topic: topic || null, text: text.value, written };
  if (bare) drafts.remove(place());
  const kept = bare || drafts.put(place(), draft);
  byId("state").textContent = !kept ? t("This browser keeps nothing: copy your words before you leave.") : bare ? "" : t("Kept in this browser.");
  list();
}

// What else is unfinished here, and what was sent and waits for the node.
function list() {
  const others = [...drafts.all().entries()].filter(([name, one]) => name !== place() && one.text.trim() && one.to);
  const rows = others.sort(([, one], [, other]) => other.written - one.written).map(([, one]) => row(one, true));
  rows.push(...[...waiting.all().values()].sort((one, other) => one.order - other.order).map((one) => row(one, false)));
  byId("unfinished").replaceChildren(...rows);
  byId("others").hidden = !rows.length;
}

function row(letter, isDraft) {
  const line = document.createElement("li");
  const head = document.createElement("b");
  head.textContent = letter.topic && letter.topic_shown ? `${named(letter.to)}, ${letter.topic_shown}` : named(letter.to);
  const words = document.createElement("span");
  words.textContent = letter.text;
  words.dir = "auto";
  const state = document.createElement(isDraft ? "button" : "span");
  state.className = isDraft ? "quiet" : "soft";
  state.textContent = isDraft ? t("Go on writing") : letter.refused ? t("Not sent") : t("will be sent when the node answers");
  if (isDraft) {
    state.type = "button";
    state.addEventListener("click", () => {
      choose(letter.to, letter.topic ?? "");
      text.focus();
    });
  }
  line.append(head, words, state);
  return line;
}

// Asked of the node itself, past all that is kept.
async function ask() {
  let answers = false;
  try {
    await fetch("/api", { cache: "no-store" });
    answers = true;
  } catch {
    // It is away still.
  }
  if (byId("back").hidden !== answers) return;
  byId("back").hidden = !answers;
  byId("gone").hidden = answers;
  byId("heading").textContent = answers ? t("Your node is back") : t("Your node is away");
}

byId("open").addEventListener("click", (event) => {
  event.preventDefault();
  const query = new URLSearchParams({ with: to.value, ...(topic && { topic }) });
  location.assign(`${base}${to.value ? `?${query}` : ""}`);
});
text.addEventListener("input", save);
to.addEventListener("change", () => choose(to.value, ""));
drafts.watch(list);
setInterval(ask, ASK_MS);
const latest = [...drafts.all().values()].filter((one) => one.to).sort((one, other) => other.written - one.written)[0];
if (asked.has("with") || !latest) choose(asked.get("with") ?? "", topic);
else choose(latest.to, latest.topic ?? "");
ask();
