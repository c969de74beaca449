// Letters are read when they are seen: a letter whose end has been in view for a moment is marked as read
// a few seconds later, because its receipt leaves then and nothing can call that back. Until then the same
// button takes it back. Where a browser can't tell what is in view, the button marks as read, as it does
// without a script.

import { t } from "./texts.js";

const SEEN_MS = 1000;
const UNDO_MS = 5000;

export class Reading {
  // `view` is what scrolls; `send` marks the letter of a form as read.
  constructor(view, send) {
    this.send = send;
    this.inView = new Map(); // by the letter's element id: the timer of those whose end is in view
    this.ending = new Map(); // by the letter's element id: the timer of those about to be marked
    this.kept = new Set(); // taken back: they stay unread until the button is pressed
    if (!("IntersectionObserver" in window)) return;
    this.observer = new IntersectionObserver((entries) => this.look(entries), { root: view, threshold: 0.9 });
    document.addEventListener("submit", (event) => this.submitted(event), true);
    document.addEventListener("toggle", (event) => event.target.matches?.(".fold") && this.watch(), true);
    document.addEventListener("visibilitychange", () => this.watch());
    addEventListener("pagehide", () => this.leave());
    this.watch();
  }

  // Called whenever letters were swapped: observes those that are unread, and words their buttons.
  watch() {
    if (!this.observer) return;
    this.observer.disconnect();
    for (const timer of this.inView.values()) clearTimeout(timer);
    this.inView.clear();
    for (const form of document.querySelectorAll("article.unread form.reading")) {
      const { id } = form.closest("article");
      if (this.ending.has(id)) this.word(form, t("Keep unread"));
      else if (!this.kept.has(id)) this.observer.observe(form.closest("footer"));
    }
  }

  look(entries) {
    for (const { target, isIntersecting } of entries) {
      const letter = target.closest("article");
      clearTimeout(this.inView.get(letter.id));
      this.inView.delete(letter.id);
      const folded = letter.querySelector(".fold:not([open])");
      if (!isIntersecting || folded || document.visibilityState !== "visible") continue;
      this.inView.set(letter.id, setTimeout(() => this.seen(letter.id), SEEN_MS));
    }
  }

  seen(id) {
    this.inView.delete(id);
    const form = this.form(id);
    if (!form) return;
    this.word(form, t("Keep unread"));
    this.ending.set(id, setTimeout(() => this.end(id), UNDO_MS));
  }

  end(id) {
    this.ending.delete(id);
    const form = this.form(id);
    if (form) this.send(form);
  }

  submitted(event) {
    const { id } = event.target.closest?.("article") ?? {};
    if (!event.target.matches("form.reading") || !this.ending.has(id)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    clearTimeout(this.ending.get(id));
    this.ending.delete(id);
    this.kept.add(id);
    this.word(event.target, t("Mark as read"));
  }

  // Who leaves the page has read what was seen.
  leave() {
    for (const [id, timer] of this.ending) {
      clearTimeout(timer);
      const form = this.form(id);
      // Where the node does not answer the letter stays unread, and nobody is left to be told.
      if (form) fetch(form.action, { method: "POST", keepalive: true }).catch(() => {});
    }
    this.ending.clear();
  }

  form(id) {
    return document.getElementById(id)?.querySelector("form.reading");
  }

  word(form, words) {
    const button = form.querySelector("button");
    const { from } = form.dataset;
    button.textContent = words;
    button.setAttribute("aria-label", t("{act}: the letter from {name}", { act: words, name: from }));
  }
}
