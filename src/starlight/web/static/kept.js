// What is kept in this browser, as people see it: letters that wait for the node, below those that it has, and
// what is unfinished, in the list. The markup is the page's own template; here text is only ever set as text.

import { t } from "./texts.js";

export class Kept {
  // `act` holds what the buttons do: `withdraw(key)` and `edit(key)`.
  constructor(outbox, drafts, clock, world, act) {
    this.outbox = outbox;
    this.drafts = drafts;
    this.clock = clock;
    this.world = world;
    this.place = document.getElementById("kept");
    this.template = document.getElementById("kept-letter");
    this.place?.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-act]");
      if (button) act[button.dataset.act](button.closest("article").dataset.key);
    });
  }

  // Shows the letters to a correspondent that wait here, of one topic where one is told; returns how many.
  show(to, topic) {
    if (!this.place) return 0;
    const letters = this.outbox.letters().filter((letter) => letter.to === to && (!topic || letter.topic === topic));
    const rows = letters.map((letter) => this.row(letter));
    if (rows.some((row, at) => row.outerHTML !== this.place.children[at]?.outerHTML) || rows.length !== this.place.children.length) {
      this.place.replaceChildren(...rows);
    }
    return letters.length;
  }

  row(letter) {
    const row = this.template.content.firstElementChild.cloneNode(true);
    const find = (name) => row.querySelector(`[data-kept=${name}]`);
    const article = row.querySelector("article");
    article.id = `kept-${letter.key}`;
    article.dataset.key = letter.key;
    article.setAttribute("aria-labelledby", `${article.id}-from`);
    row.querySelector("h2").id = `${article.id}-from`;
    find("text").textContent = letter.text || (letter.attached ?? []).map((group) => group.name || t("Voice")).join(", ");
    find("answers").textContent = letter.answers ?? "";
    find("answers").hidden = !letter.answers;
    find("urgent").hidden = letter.priority !== "expedited";
    find("written").textContent = `${t("written")} ${this.clock.when(this.world, letter.written)}`;
    const inHand = this.outbox.inHand === letter.key;
    const [word, detail] = letter.refused
      ? [t("Not sent"), letter.refused]
      : [inHand ? t("Being sent") : t("Kept here"), this.outbox.why ? t("will be sent; the node says: {why}", { why: this.outbox.why }) : t("will be sent when the node answers")];
    find("word").textContent = word;
    find("detail").textContent = detail;
    row.classList.toggle("refused", Boolean(letter.refused));
    // Once it is on its way to the node, nothing here can hold it back.
    for (const button of row.querySelectorAll("button[data-act]")) button.hidden = inHand;
    return row;
  }

  // Tells in the list of correspondents what is unfinished, and what waits here.
  list() {
    const drafts = [...this.drafts.all().values()].sort((one, other) => other.written - one.written);
    const kept = this.outbox.letters();
    for (const link of document.querySelectorAll(".person[data-address]")) {
      const mine = drafts.find((one) => one.to === link.dataset.address);
      const written = draftWords(mine);
      const draft = mine?.topic_shown && written ? `${mine.topic_shown}: ${written}` : written;
      const waits = kept.filter((letter) => letter.to === link.dataset.address);
      const refused = waits.filter((letter) => letter.refused).length;
      const words = refused ? t("{count} not sent", { count: refused }) : t("{count} kept here, will be sent", { count: waits.length });
      instead(link, ".last", draft ? draft.slice(0, 90) : "");
      instead(link, ".how", waits.length ? words : "");
    }
  }
}

// What a list says of a draft: its words, else what is attached; nothing where there is none.
export function draftWords(draft) {
  return draft?.text?.trim() || (draft?.attached ?? []).map((group) => group.name || t("Voice")).join(", ");
}

// Shows words in the place of those that the server wrote; these again where there are none.
function instead(link, line, words) {
  const own = link.querySelector(`${line}.own`);
  const served = link.querySelector(`${line}:not(.own)`);
  own.querySelector(".own-words").textContent = words;
  own.hidden = !words;
  if (served) served.hidden = Boolean(words);
}
