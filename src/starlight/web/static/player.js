// Playing voices: what has come of one plays at once, and waits for the rest where the link is slower than speech.
// The player stands beside the letters, so that it goes on while they change.

import { playedWords } from "./attachments.js";
import { Moments } from "./moments.js";
import { t } from "./texts.js";

const byId = (id) => document.getElementById(id);

export class Player {
  // `react(letter, moment, words)` begins an answer to a moment, { part, at_ms }; null where nobody can write.
  constructor(react) {
    this.react = react;
    this.bar = byId("player");
    this.sound = byId("sound");
    this.moments = new Moments(this.sound, (seconds) => this.jump(seconds));
    this.voice = null; // { id, address, here, size, loaded } of what plays; `loaded` of `here` bytes are in the player
    this.waits = false;
    this.inStep = () => null; // for a piece that plays elsewhere too: a function that says how far it is, in seconds
    document.addEventListener("click", (event) => this.clicked(event));
    byId("player-react").hidden = !react;
    byId("player-react").addEventListener("click", () => this.answer());
    byId("player-close").addEventListener("click", () => this.close());
    byId("speed").addEventListener("change", () => this.atSpeed());
    this.sound.addEventListener("ended", () => this.ended());
    this.sound.addEventListener("error", () => this.failed());
    this.sound.addEventListener("playing", () => {
      this.waits = false;
      this.tell("");
      this.keepStep();
    });
  }

  clicked(event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const moment = event.target.closest?.("a[data-moment]");
    const link = moment ? voiceOf(moment.dataset.moment)?.querySelector("a.play") : event.target.closest?.("a.play");
    if (!link) return; // What a moment is of may be on another page: then its link leads there.
    event.preventDefault();
    this.play(link, moment ? Number(moment.dataset.at) / 1000 : null);
  }

  // `at` is in seconds; null for its beginning, or for where it is where it plays elsewhere too.
  play(link, at) {
    this.step = at === null ? this.inStep(link.closest("[data-voice]")) : null;
    if (this.step) byId("speed").value = "1";
    const { voice: id, who, letter, part } = link.closest("[data-voice]").dataset;
    this.from = link.id;
    byId("playing").textContent = who;
    this.voice = { id, letter, part: Number(part), address: link.getAttribute("href") };
    this.look();
    this.bar.hidden = false;
    this.load(at ?? this.step?.() ?? 0);
    this.sound.focus();
  }

  // Once it is heard: makes up for the time that it took to come.
  keepStep() {
    const should = this.step?.() ?? null;
    this.step = null;
    if (should !== null && Math.abs(should - this.sound.currentTime) > 0.3) this.sound.currentTime = should;
  }

  // Begins an answer to the moment that is heard.
  answer() {
    const moment = { part: this.voice.part, at_ms: Math.round(this.sound.currentTime * 1000) };
    this.sound.pause();
    this.react(this.voice.letter, moment, playedWords(moment.at_ms));
  }

  // Plays from a moment on, in seconds.
  jump(seconds) {
    this.sound.currentTime = seconds;
    this.sound.play().catch(() => {});
  }

  // Reads from the letter how much of the voice is here; returns whether that is more than the player has.
  look() {
    const shown = voiceOf(this.voice.id);
    if (!shown) return false;
    this.moments.show(shown);
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

function voiceOf(id) {
  return document.querySelector(`[data-voice="${CSS.escape(id)}"]`);
}
