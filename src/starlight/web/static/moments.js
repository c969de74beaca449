// The moments of what plays that somebody has answered: listed under the player, and marked along its bar, which
// is as long as the whole piece, however much of it is here.

import { playedWords } from "./attachments.js";
import { t } from "./texts.js";

const SVG = "http://www.w3.org/2000/svg";
const byId = (id) => document.getElementById(id);

export class Moments {
  // `sound` plays; `jump(seconds)` plays from there.
  constructor(sound, jump) {
    this.sound = sound;
    this.jump = jump;
    this.lasts = 0; // ms of the whole piece; 0 where nobody says
    this.bar = byId("bar");
    byId("moments").addEventListener("click", (event) => this.pressed(event.target.closest("button")));
    this.bar.addEventListener("click", (event) => this.barPressed(event));
    this.bar.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault(); // A space would scroll.
      this.pressed(event.target.closest(".mark"));
    });
    sound.addEventListener("timeupdate", () => this.follow());
    sound.addEventListener("durationchange", () => this.follow());
  }

  pressed(mark) {
    if (mark) this.jump(Number(mark.dataset.at) / 1000);
  }

  barPressed(event) {
    const mark = event.target.closest(".mark");
    if (mark) {
      this.pressed(mark);
      return;
    }
    const { left, width } = byId("track").getBoundingClientRect();
    this.jump((Math.min(Math.max((event.clientX - left) / width, 0), 1) * this.lasts) / 1000);
  }

  // Shows the moments of a voice as they stand beside it, by its row among the letters.
  show(row) {
    const found = [...row.querySelectorAll(".reactions li")].map((each) => ({
      at: Number(each.querySelector("a").dataset.at),
      time: each.querySelector("a").textContent,
      name: each.querySelector("bdi").textContent,
      said: each.querySelector("span"),
    }));
    this.lasts = Number(row.dataset.lasts);
    const list = byId("moments");
    const shown = JSON.stringify([this.lasts, found.map(({ at, said }) => [at, said.textContent])]);
    list.hidden = found.length === 0;
    this.bar.hidden = found.length === 0 || !this.lasts;
    if (list.dataset.shown === shown) return; // Nobody who is about to press one loses it.
    list.dataset.shown = shown;
    list.replaceChildren(...found.map(listed));
    const chosen = document.activeElement?.closest(".mark")?.dataset.at;
    byId("marks").replaceChildren(...this.marks(found));
    if (chosen) byId("marks").querySelector(`[data-at="${chosen}"]`)?.focus();
    this.follow();
  }

  // A mark for each second that was answered, in their order, whoever has.
  marks(found) {
    const bySecond = new Map();
    for (const each of [...found].sort((one, other) => one.at - other.at)) {
      const same = bySecond.get(each.time) ?? { at: each.at, names: new Set() };
      same.names.add(each.name);
      bySecond.set(each.time, same);
    }
    return [...bySecond.values()].map(({ at, names }) => marked(at, [...names].join(", "), at / this.lasts));
  }

  // Draws how far it is, and how much of it is here.
  follow() {
    if (this.bar.hidden) return;
    const { currentTime, duration } = this.sound;
    byId("heard").setAttribute("x2", along((currentTime * 1000) / this.lasts));
    byId("here").setAttribute("x2", along(Number.isFinite(duration) ? (duration * 1000) / this.lasts : 0));
  }
}

function along(fraction) {
  return `${(Math.min(fraction, 1) * 100).toFixed(2)}%`;
}

function listed({ at, time, said }) {
  const row = document.createElement("li");
  const button = row.appendChild(document.createElement("button"));
  button.type = "button";
  button.dataset.at = at;
  button.append(time);
  row.append(said.cloneNode(true));
  return row;
}

// Placed by an attribute, as a page has no style of its own.
function marked(at, name, fraction) {
  const mark = drawn("svg", { class: "mark", x: along(fraction), role: "button", tabindex: "0", "data-at": at });
  const words = t("{time} {name}", { time: playedWords(at), name });
  mark.setAttribute("aria-label", words);
  mark.append(drawn("title", {}), drawn("rect", { x: -12, y: 0, width: 24, height: 24 }), drawn("circle", { cy: 12, r: 6 }));
  mark.firstChild.textContent = words;
  return mark;
}

function drawn(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
