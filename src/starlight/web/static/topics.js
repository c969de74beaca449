// Marks in the list of topics those in which something is unfinished, which this browser alone knows.

import { draftWords } from "./kept.js";
import { Shelf, draftPlace } from "./shelf.js";

const WORDS_MOST = 160;

const list = document.querySelector(".topics-list");
const drafts = list && new Shelf("draft", list.dataset.mailbox);

function show() {
  const all = drafts.all();
  for (const link of list.querySelectorAll("a[data-topic]")) {
    const { correspondent, topic } = link.dataset;
    const words = draftWords(all.get(draftPlace(correspondent, topic))).slice(0, WORDS_MOST);
    const line = link.querySelector(".unfinished");
    line.querySelector(".words").textContent = words;
    line.hidden = !words;
  }
}

if (list) {
  drafts.watch(show);
  // A page that is come back to may be shown as it was left.
  addEventListener("pageshow", show);
  show();
}
