// Writing: the draft that is never lost, its forecast that is never stale, and sending, which keeps a letter
// in this browser while the node does not answer.

import { Attachments } from "./attachments.js";
import { Kept } from "./kept.js";
import { Later } from "./later.js";
import { Outbox, draftOf, isRefused, newKey, refusalWords } from "./outbox.js";
import { Shelf, draftPlace } from "./shelf.js";
import { t } from "./texts.js";

// A forecast whose moment of leaving has passed is stale. When a letter would leave at once that is
// always so: then it is asked for again, sooner by someone who writes, as soon as its minutes may have
// changed. One that takes the server long, as of a letter in many fragments, gets a tenth of its time at
// most; what is old by then is greyed, and says of when it is.
const STALE_MS = 20_000; // of mission time; what is shown is rounded to a minute
const AGED_MS = 60_000;
const DRAFTS_MOST = 200;

const byId = (id) => document.getElementById(id);

export class Composer {
  // `page` has the clock, the scroll, the person's world, mailbox and where letters go to, and `say(words)`
  // and `refresh()`.
  constructor(page) {
    this.page = page;
    this.form = byId("compose"); // null where there is nobody to write to
    this.text = byId("text");
    this.drafts = new Shelf("draft", page.mailbox);
    const sent = () => page.refresh();
    this.outbox = new Outbox(page.mailbox, page.letters, () => this.showKept(), sent);
    const act = { withdraw: (key) => this.withdraw(key), edit: (key) => this.edit(key) };
    this.kept = new Kept(this.outbox, this.drafts, page.clock, page.world, act);
    this.drafts.watch(() => this.kept.list());
    this.moment = null; // of a voice, to which what is written is pinned
    this.rewritten = false; // The draft is no longer the one that was explained.
    this.askedAt = 0;
    this.answeredAt = performance.now();
    this.restsUntil = 0;
    this.lastForecast = "";
    if (this.form) this.start();
    this.showKept();
  }

  start() {
    const { form, text } = this;
    const tell = (words) => this.tell(words, false);
    const base = this.page.letters.replace(/\/letters$/, "");
    this.attachments = new Attachments(this.page, base, () => this.draft(), () => this.changed(), tell);
    this.later = new Later(form, () => {
      htmx.trigger(text, "predict");
      this.changed();
    });
    this.restore();
    text.addEventListener("input", () => {
      byId("alert").hidden = true;
      this.changed();
    });
    text.addEventListener("htmx:beforeRequest", () => {
      this.askedAt = performance.now();
    });
    text.addEventListener("htmx:afterRequest", (event) => this.foreseen(event.detail));
    byId("urgent").addEventListener("change", () => {
      htmx.trigger(text, "predict");
      this.changed();
    });
    text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    });
    form.addEventListener("htmx:confirm", (event) => {
      // What is written now goes after what waits here.
      // A form has no place for what goes with it, so that is sent from here, too.
      if (event.target !== form || (!this.outbox.waiting().length && this.attachments.isEmpty && !this.moment)) return;
      event.preventDefault();
      if (this.keep(this.written(), "")) this.outbox.flush();
    });
    form.addEventListener("htmx:beforeRequest", (event) => {
      if (event.target === form) this.sending = this.written();
    });
    form.addEventListener("htmx:afterRequest", (event) => {
      if (event.target === form) this.answered(event.detail);
    });
    byId("replace-cancel").addEventListener("click", (event) => {
      event.preventDefault();
      this.replace("", "");
      this.save();
      text.focus();
    });
    byId("answer-cancel").addEventListener("click", (event) => {
      event.preventDefault();
      this.stopAnswering();
      text.focus();
    });
  }

  // ---- the draft: as it was left, on whichever page and day

  written() {
    const fields = this.form.elements;
    return {
      to: fields.to.value,
      text: this.text.value,
      reply_to: fields.reply_to.value || null,
      priority: fields.urgent.checked ? "expedited" : "normal",
      act: fields.act.value,
      topic: byId("in-topic")?.value ?? null,
      topic_name: fields["topic-name"].value.trim(),
      topic_shown: this.form.querySelector(".in-topic bdi")?.textContent ?? "",
      replaces: fields.replaces.value || null,
      media_time: fields.reply_to.value ? this.moment : null,
      ...this.later.written(),
      key: fields.key.value,
      parts: this.attachments.parts(),
      bulk_parts: this.attachments.isBulk,
      attached: this.attachments.kept(),
      written: this.page.clock.now(),
      answers: fields.reply_to.value ? byId("answering-words").textContent : "",
      replacing: fields.replaces.value ? byId("replacing-words").textContent : "",
    };
  }

  // As the node takes it: without what only this browser keeps.
  draft() {
    return draftOf(this.written());
  }

  changed() {
    this.rewritten = true;
    this.save();
    clearTimeout(this.rest);
    this.rest = setTimeout(() => this.sayForecast(), 1500);
  }

  save() {
    const draft = this.written();
    const place = draftPlace(draft.to, draft.topic);
    if (!draft.text && !draft.reply_to && this.attachments.isEmpty) this.drafts.remove(place);
    else {
      this.drafts.put(place, draft);
      const all = [...this.drafts.all()].sort(([, one], [, other]) => other.written - one.written);
      for (const [name] of all.slice(DRAFTS_MOST)) this.drafts.remove(name);
    }
    this.kept.list();
  }

  // The topic whose letters alone are shown; empty for all.
  topic() {
    return byId("in-topic")?.value ?? "";
  }

  // Also its key: what may have reached the node before this page went away is not sent twice.
  restore() {
    const draft = this.drafts.get(draftPlace(this.form.elements.to.value, this.topic()));
    if (draft && !this.text.value) this.put(draft);
  }

  put(draft) {
    this.text.value = draft.text;
    byId("draft-key").value = draft.key || newKey();
    byId("urgent").checked = draft.priority === "expedited";
    this.form.elements.act.value = draft.act ?? "words";
    byId("topic-name").value = draft.topic_name ?? "";
    this.form.querySelector(".about").open = this.form.elements.act.value !== "words" || byId("topic-name").value !== "";
    this.later.put(draft);
    this.attachments.restore(draft.attached, draft.bulk_parts ?? false);
    this.replace(draft.replaces ?? "", draft.replacing ?? "");
    if (draft.reply_to && !byId("reply-to").value) this.answer(draft.reply_to, draft.answers, draft.media_time ?? null);
  }

  replace(id, words) {
    byId("replaces").value = id;
    byId("replacing-words").textContent = words;
    byId("replacing").hidden = !id;
  }

  // `moment` is that of a voice in it, { part, at_ms }, to which the answer is pinned; or none.
  answer(id, words, moment = null) {
    this.moment = moment;
    byId("reply-to").value = id;
    byId("answering-words").textContent = words;
    byId("answering").hidden = false;
  }

  stopAnswering() {
    this.moment = null;
    byId("reply-to").value = "";
    byId("answering").hidden = true;
    this.save();
  }

  // ---- sending

  answered({ successful, xhr }) {
    const letter = this.sending;
    if (successful) {
      this.done(letter);
      this.page.say(t("Your letter is kept safe."));
      this.text.focus();
      htmx.trigger(this.text, "predict");
      return;
    }
    const status = xhr?.status ?? 0;
    const why = status ? refusalWords(status, xhr.responseText) : "";
    if (!isRefused(status)) {
      if (this.keep(letter, why)) this.outbox.flush();
      return;
    }
    if (isAboutKey(xhr)) {
      // The answer to an earlier attempt was lost, and the words were changed since.
      byId("draft-key").value = newKey();
      this.page.refresh();
    }
    this.notSent(why);
  }

  // Empties the field, but for words that were written since.
  done(letter) {
    if (this.text.value === letter.text) this.text.value = "";
    this.attachments.clear();
    byId("urgent").checked = false;
    byId("says").checked = true;
    byId("topic-name").value = "";
    this.replace("", "");
    this.form.querySelector(".about").open = false;
    this.later.put({});
    byId("alert").hidden = true;
    this.rewritten = true;
    this.stopAnswering();
  }

  // Keeps a letter in this browser, which sends it once the node answers; returns whether it could.
  keep(letter, why) {
    if (!letter.text.trim() && !letter.parts.length) return false;
    if (!this.outbox.add(letter)) {
      this.notSent(why || t("The node does not answer, and this browser keeps nothing."));
      return false;
    }
    byId("draft-key").value = newKey();
    this.done(letter);
    this.tell(t("Kept here, will be sent when the node answers."), true);
    this.page.scroll.toEnd();
    this.text.focus();
    return true;
  }

  // Said at the button, not in passing; the words stay where they were written.
  notSent(why) {
    this.tell(t("Not sent: {why} Your words stay here; press Send to try again.", { why }), false);
    if (document.activeElement === document.body) this.text.focus(); // A disabled button has lost it.
  }

  tell(words, isKept) {
    const alert = byId("alert");
    alert.textContent = words;
    alert.classList.toggle("is-kept", isKept);
    alert.hidden = false;
  }

  showKept() {
    const shown = this.kept.show(this.form?.elements.to.value ?? "", this.topic());
    this.kept.list();
    const alert = byId("alert");
    if (alert?.classList.contains("is-kept") && !this.outbox.waiting().length) alert.hidden = true;
    byId("none-yet")?.toggleAttribute("hidden", shown > 0);
  }

  async withdraw(key) {
    const taken = await this.outbox.take(key);
    this.page.say(taken ? t("Withdrawn.") : t("It has been sent already."));
    this.text.focus();
  }

  isWriting() {
    return this.text.value.trim() !== "" || !this.attachments.isEmpty;
  }

  // Takes a letter back into the field, where nothing else is being written.
  async edit(key) {
    if (this.isWriting()) {
      this.tell(t("Send or clear what you are writing here first."), false);
      this.text.focus();
      return;
    }
    const taken = await this.outbox.take(key);
    if (!taken) return;
    if ((taken.topic ?? "") !== this.topic()) {
      this.editElsewhere(taken);
      return;
    }
    this.stopAnswering();
    this.put({ ...taken, key: taken.refused ? newKey() : taken.key });
    byId("alert").hidden = true;
    this.changed();
    htmx.trigger(this.text, "predict");
    this.text.focus();
  }

  // A letter of another topic, or of none, is gone on with there: its field is that topic's.
  editElsewhere(letter) {
    const place = draftPlace(letter.to, letter.topic);
    if (this.drafts.get(place)?.text.trim()) {
      this.outbox.add(letter);
      this.tell(t("Send or clear what you are writing in its topic first."), false);
      return;
    }
    this.drafts.put(place, { ...letter, key: letter.refused ? newKey() : letter.key });
    const query = new URLSearchParams({ with: letter.to, ...(letter.topic && { topic: letter.topic }) });
    location.assign(`${this.page.letters.replace(/\/letters$/, "")}?${query}`);
  }

  // ---- the forecast

  // Heard only when the writer rests, and only when it differs.
  sayForecast() {
    const words = byId("prediction")?.querySelector(".forecast")?.textContent.replace(/\s+/g, " ").trim() ?? "";
    if (this.text.value && words !== this.lastForecast) this.page.say(words);
    this.lastForecast = words;
  }

  foreseen({ successful, xhr }) {
    this.answeredAt = performance.now();
    this.restsUntil = this.answeredAt + 9 * (this.answeredAt - this.askedAt);
    if (!successful) this.age(xhr?.status ? refusalWords(xhr.status, xhr.responseText) : t("The node does not answer."));
  }

  forecastAgain() {
    this.attachments?.foreseeAgain();
    const prediction = byId("prediction");
    const leaves = prediction?.dataset.leaves;
    if (!leaves || document.visibilityState !== "visible") return;
    const old = this.page.clock.now() - Date.parse(leaves);
    const real = performance.now();
    const writing = this.text.value || document.activeElement === this.text;
    const asked = this.askedAt > this.answeredAt;
    if (old > AGED_MS && real - this.answeredAt > 1500) this.age("");
    if (asked || old < STALE_MS || real < this.restsUntil) return;
    if (real - this.answeredAt >= (writing ? 500 : 1000)) htmx.trigger(this.text, "predict");
  }

  // Greys the forecast, and says of when it is, or why there is no newer one.
  age(why) {
    const prediction = byId("prediction");
    if (!prediction) return;
    prediction.classList.replace("predicted", "doubted");
    const aged = prediction.querySelector(".aged");
    const made = this.page.clock.when(this.page.world, Date.parse(prediction.dataset.made));
    const words = why ? t("as of {made}, in doubt: {why}", { made, why }) : t("as of {made}, in doubt", { made });
    if (aged.textContent !== words) aged.textContent = words;
    aged.hidden = false;
  }
}

function isAboutKey(xhr) {
  try {
    return JSON.parse(xhr.responseText).where === "key";
  } catch {
    return false;
  }
}
