// The line of light in the strip: from one world to the other, and on it what is in flight.

import { durationWords } from "./clock.js";

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = { letter: "g-star", receipt: "g-ring" };
const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Ray {
  constructor(root, clock) {
    this.root = root;
    this.clock = clock;
    this.marks = root.querySelector("#ray-marks");
    this.words = root.querySelector("#ray-words");
    this.sides = [root.dataset.left, root.dataset.right];
    this.crossings = new Map(); // by id; kept until they arrive by our own clock
    this.drawn = 0;
  }

  hear(status) {
    const window_ = status.sky.window;
    // What opens within a minute, such as a turn in a queue, is open.
    this.root.classList.toggle("shut", !window_ || Date.parse(window_.start) > this.clock.now() + 60_000);
    const words = durationWords(status.sky.light_time_s);
    if (this.words.textContent !== words) this.words.textContent = words;
    const told = new Set(status.flights.map((crossing) => crossing.id));
    for (const crossing of status.flights) {
      if (!this.sides.includes(crossing.from_world) || !this.sides.includes(crossing.to_world)) continue;
      const kept = this.crossings.get(crossing.id) ?? { mark: null };
      const departs = Date.parse(crossing.departed);
      this.crossings.set(crossing.id, Object.assign(kept, crossing, { departs, lands: Date.parse(crossing.arrives) }));
    }
    for (const [id, crossing] of this.crossings) {
      // What was booked may be withdrawn; what has left can't be, and lands by our clock.
      if (!told.has(id) && crossing.departs > this.clock.now()) this.drop(id);
    }
  }

  drop(id) {
    this.crossings.get(id)?.mark?.remove();
    this.crossings.delete(id);
  }

  // Called for each frame; with reduced motion the marks move on every ten seconds.
  draw(real) {
    if (still.matches && real - this.drawn < 10000 && this.drawn) return;
    this.drawn = real;
    const now = this.clock.now();
    for (const [id, crossing] of this.crossings) {
      const progress = (now - crossing.departs) / Math.max(crossing.lands - crossing.departs, 1);
      if (progress >= 1) this.drop(id);
      else if (progress >= 0) this.place(crossing, progress);
    }
  }

  place(crossing, progress) {
    if (!crossing.mark) {
      crossing.mark = document.createElementNS(SVG, "svg");
      crossing.mark.setAttribute("y", "50%");
      crossing.mark.setAttribute("overflow", "visible");
      crossing.mark.dataset.crossing = crossing.id;
      const shape = SHAPES[crossing.kind] ?? "g-dot";
      const use = document.createElementNS(SVG, "use");
      use.setAttribute("href", `#${shape}`);
      use.setAttribute("class", `mark world ${crossing.from_world} ${crossing.kind}${shape === "g-ring" ? " ring" : ""}`);
      crossing.mark.append(use);
      this.marks.append(crossing.mark);
    }
    const along = crossing.from_world === this.sides[0] ? progress : 1 - progress;
    const x = `${(along * 100).toFixed(1)}%`;
    if (crossing.mark.getAttribute("x") !== x) crossing.mark.setAttribute("x", x);
  }
}
