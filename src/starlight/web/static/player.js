// Playing voices: what has come of one plays at once, and waits for the rest where the link is slower than speech.
// The player stands beside the letters, so that it goes on while they change.

import { t } from "./texts.js";

const byId = (id) => document.getElementById(id);

export class Player {
  constructor() {
    this.bar = byId("player");
    this.sound = byId("sound");
    this.voice = null; // { id, address, here, size, loaded } of what plays; `loaded` of `here` bytes are in the player
    this.waits = false;
    document.addEventListener("click", (event) => this.clicked(event));
    byId("player-close").addEventListener("click", () => this.close());
    byId("speed").addEventListener("change", () => this.atSpeed());
    this.sound.addEventListener("ended", () => this.ended());
    this.sound.addEventListener("error", () => this.failed());
    this.sound.addEventListener("playing", () => {
      this.waits = false;
      this.tell("");
    });
  }

  clicked(event) {
    const link = event.target.closest?.("a.play");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const { voice: id, who } = link.closest("[data-voice]").dataset;
    this.from = link.id;
    byId("playing").textContent = who;
    this.voice = { id, address: link.getAttribute("href") };
    this.look();
    this.bar.hidden = false;
    this.load(0);
    this.sound.focus();
  }

  // Reads from the letter how much of the voice is here; returns whether that is more than the player has.
  look() {
    const shown = document.querySelector(`[data-voice="${CSS.escape(this.voice.id)}"]`);
    if (!shown) return false;
    for (const other of document.querySelectorAll(".voice.is-playing")) other.classList.remove("is-playing");
    shown.classList.add("is-playing");
    this.voice.here = Number(shown.dataset.here);
    this.voice.size = Number(shown.dataset.size);
    return this.voice.here > (this.voice.loaded ?? 0);
  }

  load(at) {
    // The address says how much is here, so that no browser plays an older answer.
    this.voice.loaded = this.voice.here;
    this.sound.src = `${this.voice.address}?here=${this.voice.loaded}`;
    this.sound.currentTime = at;
    this.atSpeed();
    this.sound.play().catch(() => {}); // `failed` says why.
  }

  atSpeed() {
    this.sound.defaultPlaybackRate = this.sound.playbackRate = Number(byId("speed").value);
  }

  ended() {
    if (!this.voice || this.voice.loaded >= this.voice.size) return;
    this.goOn();
  }

  // What the player has is at its end: goes on with what has come meanwhile, or waits.
  goOn() {
    this.at = this.sound.currentTime || 0;
    if (this.look()) this.load(this.at);
    else this.wait();
  }

  wait() {
    this.waits = true;
    this.tell(t("Waits for the rest, which is on its way."));
  }

  // The letters have changed: perhaps more of it is here.
  refreshed() {
    if (!this.voice) return;
    if (this.look() && this.waits) {
      this.waits = false;
      this.load(this.at);
    }
  }

  failed() {
    if (!this.voice) return;
    if (this.voice.loaded < this.voice.size) this.goOn();
    else this.tell(t("It can't be played here; save it as a file."));
  }

  tell(words) {
    if (byId("still").textContent !== words) byId("still").textContent = words;
  }

  close() {
    this.voice = null;
    this.sound.pause();
    this.sound.removeAttribute("src");
    this.bar.hidden = true;
    for (const other of document.querySelectorAll(".voice.is-playing")) other.classList.remove("is-playing");
    byId(this.from)?.focus();
  }
}
