// Where one reads: a page that changes never moves the letter under a reading eye.

import { t } from "./texts.js";

const NEAR_END = 48;

export class Scroll {
  constructor(view, below, words) {
    this.view = view;
    this.below = below;
    this.words = words;
    this.held = null;
    this.known = new Set();
    for (const scrolled of [view, window]) scrolled.addEventListener("scroll", () => this.tell());
    this.bottom = view.getBoundingClientRect().bottom;
    new ResizeObserver(() => this.resized()).observe(view);
    below?.addEventListener("click", () => this.toEnd());
  }

  // Opens at what is new, else at the end, else where the address points.
  open() {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    const start = target && this.view.contains(target) ? target : document.getElementById("new");
    if (start) start.scrollIntoView({ block: "start" });
    else this.toEnd();
    this.learn();
  }

  // Remembers the first letter in view, and how far from the top it is.
  hold() {
    if (this.held) return;
    const top = this.view.getBoundingClientRect().top;
    const rows = [...this.view.querySelectorAll("article.letter")];
    const first = rows.find((row) => row.getBoundingClientRect().bottom > top);
    this.held = { atEnd: this.isAtEnd(), id: first?.id, from: first && first.getBoundingClientRect().top - top };
  }

  // Puts the view back; at the end it follows, and letters of one's own are always shown.
  release() {
    if (!this.held) return;
    const { atEnd, id, from } = this.held;
    this.held = null;
    const fresh = [...this.view.querySelectorAll("article.letter")].filter((row) => !this.known.has(row.id));
    const same = id && document.getElementById(id);
    if (atEnd || fresh.some((row) => row.classList.contains("mine"))) this.toEnd();
    else if (same && !this.isWhole()) this.view.scrollTop += same.getBoundingClientRect().top - this.view.getBoundingClientRect().top - from;
    this.waiting = (this.waiting ?? 0) + (atEnd ? 0 : fresh.filter((row) => row.classList.contains("theirs")).length);
    this.learn();
    this.tell();
  }

  // What is seen hangs on the lower edge, which moves when the composer grows: it is held against that.
  resized() {
    const { bottom } = this.view.getBoundingClientRect();
    if (!this.isAtEnd() && !this.isWhole()) this.view.scrollTop += bottom - this.bottom;
    this.bottom = bottom;
  }

  learn() {
    this.known = new Set([...this.view.querySelectorAll("article.letter")].map((row) => row.id));
  }

  // The view runs from its end, at 0, upwards into negative numbers. On a screen too low for three bars the
  // page scrolls whole, as the style sheet has it.
  isAtEnd() {
    const { scrollHeight } = document.documentElement;
    return this.isWhole() ? scrollHeight - innerHeight - scrollY < NEAR_END : this.view.scrollTop > -NEAR_END;
  }

  toEnd() {
    this.view.scrollTop = 0;
    if (this.isWhole()) scrollTo(0, document.documentElement.scrollHeight);
  }

  isWhole() {
    return getComputedStyle(this.view).overflowY === "visible";
  }

  tell() {
    if (this.isAtEnd()) this.waiting = 0;
    if (!this.below) return;
    this.below.hidden = !this.waiting;
    if (this.waiting) this.words.textContent = t("{count} new", { count: this.waiting });
  }
}
