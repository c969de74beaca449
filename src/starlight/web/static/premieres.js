// Pieces that begin at an agreed instant, by the clock of this page's node. Whoever asked for it hears one begin;
// whoever comes later joins where it is by then.

import { t } from "./texts.js";

const KEPT = "premieres"; // which of them this tab is to play; kept when the page is loaded again

export class Premieres {
  // `player` plays them, `clock` tells when it is.
  constructor(clock, player) {
    this.clock = clock;
    this.player = player;
    this.wanted = new Set(JSON.parse(sessionStorage.getItem(KEPT) ?? "[]"));
    player.inStep = (row) => (this.secondsIn(row) === null ? null : () => this.secondsIn(row));
    document.addEventListener("click", (event) => this.pressed(event.target.closest?.("button.be-there")));
    this.show();
  }

  // How far a piece is by now, in seconds; null where it has not begun or is over. It plays at the pace of those
  // who hear it, however fast the mission's clock goes.
  secondsIn(row) {
    const begins = Date.parse(row.dataset.premiere ?? "");
    const passed = (this.clock.now() - begins) / 1000;
    if (!(passed >= 0) || !this.clock.rate) return null;
    const seconds = passed / this.clock.rate;
    const lasts = Number(row.dataset.lasts) / 1000 || Infinity; // nobody has to have said how long it plays
    return seconds < lasts ? seconds : null;
  }

  pressed(button) {
    if (!button) return;
    const row = button.closest("[data-premiere]");
    const link = row.querySelector("a.play");
    if (this.secondsIn(row) !== null && link) {
      this.player.play(link, null);
      return;
    }
    const id = row.dataset.voice;
    if (!this.wanted.delete(id)) this.wanted.add(id);
    this.keep();
    this.show();
  }

  // Begins what is wanted, and says what each button does.
  show() {
    for (const row of document.querySelectorAll("[data-premiere]")) {
      const id = row.dataset.voice;
      const isOn = this.secondsIn(row) !== null;
      const link = row.querySelector("a.play");
      if (isOn && link && this.wanted.delete(id)) {
        this.keep();
        this.player.play(link, null);
      }
      const button = row.querySelector(".be-there");
      const isAhead = Date.parse(row.dataset.premiere) > this.clock.now();
      button.hidden = !isAhead && !(isOn && link);
      const words = isAhead ? t("Play it when it begins") : t("Join in");
      if (button.textContent !== words) button.textContent = words;
      if (isAhead) button.setAttribute("aria-pressed", String(this.wanted.has(id)));
      else button.removeAttribute("aria-pressed");
    }
  }

  keep() {
    sessionStorage.setItem(KEPT, JSON.stringify([...this.wanted]));
  }
}
