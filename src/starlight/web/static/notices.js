// What is heard, and which count is shown: as the person's settings have it, and never in their hours of quiet
// (but a call for help, unless they chose that too). Nothing is repeated: each arrival is heard once, in one tab.

import { MissionClock } from "./clock.js";

// Hertz, and seconds from the first note. Made here, so that there is nothing to load.
const TUNES = {
  letter: [[659, 0], [880, 0.16]],
  urgent: [[784, 0], [988, 0.16], [1319, 0.32]],
};
const LOUDNESS = 0.16;
const DISTRESS = "/static/distress.wav";

const told = document.body.dataset.clock;
let clock = told ? new MissionClock(JSON.parse(told)) : null;
let audio = null;

// The clock of the page, where it is told the time as that goes on.
export function goBy(other) {
  clock = other;
}

// Asked for each time: they come anew with the parts of an open page.
function settings() {
  return JSON.parse(document.querySelector("[data-settings]")?.dataset.settings ?? "{}");
}

export function isQuiet() {
  const { quiet_from: from, quiet_to: to } = settings();
  if (!from || !clock) return false;
  const { time } = clock.reading(document.body.dataset.world, clock.now());
  // As text, since hours and minutes have two digits each.
  return from < to ? from <= time && time < to : time >= from || time < to;
}

export function isDistressHeard() {
  const { distress_silent: silent, quiet_distress: alsoQuiet } = settings();
  return !silent && !(alsoQuiet && isQuiet());
}

// Before somebody has touched the page a browser lets nothing sound, and would play it late.
export function play(kind) {
  if (!navigator.userActivation?.hasBeenActive) return;
  audio ??= new AudioContext();
  for (const [hertz, after] of TUNES[kind]) note(hertz, audio.currentTime + 0.05 + after);
}

function note(hertz, at) {
  const [voice, loudness] = [audio.createOscillator(), audio.createGain()];
  voice.frequency.value = hertz;
  loudness.gain.setValueAtTime(0, at);
  loudness.gain.linearRampToValueAtTime(LOUDNESS, at + 0.02);
  loudness.gain.exponentialRampToValueAtTime(0.001, at + 0.6);
  voice.connect(loudness).connect(audio.destination);
  voice.start(at);
  voice.stop(at + 0.65);
}

// Several tabs see one arrival; the first to take the lock plays it, and holds it until all have seen it.
function playOnce(kind) {
  if (!navigator.locks) return play(kind);
  return navigator.locks.request("starlight sound", { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    play(kind);
    await new Promise((done) => setTimeout(done, 1500));
  });
}

// The count of letters that nobody has read, in the title and on the icon of the installed page.
export class Unread {
  constructor() {
    this.title = document.title;
    this.known = null;
    this.shown = null;
  }

  // `people` has {address, count, urgent}: how many are unread, and whether the last of them is urgent.
  show(people) {
    const grown = people.filter((one) => this.known && one.count > (this.known.get(one.address) ?? 0));
    this.known = new Map(people.map((one) => [one.address, one.count]));
    const quiet = isQuiet();
    if (grown.length && !quiet) this.sound(grown.some((one) => one.urgent));
    const count = people.reduce((sum, one) => sum + one.count, 0);
    this.list(count);
    // In quiet hours it only goes down, by what is read; what it was when the page was opened is told.
    this.tell(quiet && this.shown !== null ? Math.min(count, this.shown) : count, quiet);
  }

  // In the navigation, which calls nobody: there it is true in hours of quiet, too.
  list(count) {
    const number = document.getElementById("unread-number");
    if (!number || number.textContent === String(count)) return;
    number.textContent = count;
    document.getElementById("unread-sum").hidden = !count;
  }

  sound(urgent) {
    const { letter_sound: letter, urgent_sound: heard } = settings();
    if (urgent && heard) playOnce("urgent");
    else if (letter) playOnce("letter");
  }

  tell(count, quiet) {
    if (count === this.shown) return;
    const grows = this.shown === null || count > this.shown;
    this.shown = count;
    document.title = count ? `(${count}) ${this.title}` : this.title;
    if (!navigator.setAppBadge || (quiet && grows)) return;
    (count ? navigator.setAppBadge(count) : navigator.clearAppBadge()).catch(() => {}); // Not installed.
  }
}

for (const button of document.querySelectorAll("[data-hear]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    if (button.dataset.hear === "distress") new Audio(DISTRESS).play();
    else play(button.dataset.hear);
  });
}
