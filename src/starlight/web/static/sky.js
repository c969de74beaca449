// The drawing: the worlds where they are, and what crosses between them.

import { durationWords } from "./clock.js";
import { t } from "./texts.js";

const SVG = "http://www.w3.org/2000/svg";
const AU = 100; // units of the drawing

const screen = (position) => ({ x: position.x_au * AU, y: -position.y_au * AU });
const still = matchMedia("(prefers-reduced-motion: reduce)");

export class SkyDrawing {
  constructor(root, clock) {
    this.clock = clock;
    this.beam = root.querySelector("#beam");
    this.words = root.querySelector("#beam-words");
    this.marks = root.querySelector("#crossing-marks");
    this.bodies = { earth: root.querySelector("#earth-body"), mars: root.querySelector("#mars-body") };
    this.at = {};
    this.crossings = new Map(); // by id; kept until they arrive by our own clock
    this.drawn = 0;
  }

  hear(status) {
    for (const world of ["earth", "mars"]) {
      this.at[world] = screen(status.sky[world]);
      this.bodies[world].setAttribute("transform", `translate(${this.at[world].x} ${this.at[world].y})`);
    }
    this.nameAside("earth", "mars");
    this.nameAside("mars", "earth");
    const { earth, mars } = this.at;
    for (const [name, value] of [["x1", earth.x], ["y1", earth.y], ["x2", mars.x], ["y2", mars.y]]) {
      this.beam.setAttribute(name, value);
    }
    this.beam.classList.toggle("silent", status.silence !== null);
    this.nameBeam(status);
    this.bodies.mars.classList.toggle("storm", status.storm?.active ?? false);
    const told = new Set(status.flights.map((crossing) => crossing.id));
    for (const crossing of status.flights) {
      if (this.at[crossing.from_world] && this.at[crossing.to_world]) this.take(crossing);
    }
    for (const [id, crossing] of this.crossings) {
      // What was booked may be withdrawn; what has left can't be, and lands by our clock.
      if (!told.has(id) && crossing.departs > this.clock.now()) this.drop(id);
    }
  }

  // A world's name stands on the side away from the other world, clear of the beam.
  nameAside(world, other) {
    const dx = this.at[world].x - this.at[other].x;
    const dy = this.at[world].y - this.at[other].y;
    const length = Math.hypot(dx, dy) || 1;
    const label = this.bodies[world].querySelector(".name");
    label.setAttribute("x", (dx / length) * 17);
    label.setAttribute("y", (dy / length) * 19 + 4);
    const side = dx / length;
    label.setAttribute("text-anchor", side > 0.4 ? "start" : side < -0.4 ? "end" : "middle");
  }

  // What the beam means, beside its middle, on the side away from the Sun.
  nameBeam(status) {
    const { earth, mars } = this.at;
    const middle = { x: (earth.x + mars.x) / 2, y: (earth.y + mars.y) / 2 };
    const length = Math.hypot(mars.x - earth.x, mars.y - earth.y) || 1;
    let aside = { x: -(mars.y - earth.y) / length, y: (mars.x - earth.x) / length };
    if (aside.x * middle.x + aside.y * middle.y < 0) aside = { x: -aside.x, y: -aside.y };
    this.words.setAttribute("x", middle.x + aside.x * 14);
    this.words.setAttribute("y", middle.y + aside.y * 14 + 4);
    this.words.setAttribute("text-anchor", aside.x > 0.35 ? "start" : aside.x < -0.35 ? "end" : "middle");
    this.words.textContent = status.silence ? t("silence") : durationWords(status.sky.light_time_s);
  }

  take(crossing) {
    const known = this.crossings.get(crossing.id);
    const departs = Date.parse(crossing.departed);
    const arrives = Date.parse(crossing.arrives);
    if (known) {
      Object.assign(known, { departs, arrives });
      return;
    }
    // Several that leave together fly side by side.
    const track = (this.crossings.size % 3) - 1;
    this.crossings.set(crossing.id, { ...crossing, departs, arrives, track, mark: null });
  }

  drop(id) {
    this.crossings.get(id)?.mark?.remove();
    this.crossings.delete(id);
  }

  // Called for each frame; with reduced motion the marks stand still and move on every ten seconds.
  draw(real) {
    if (still.matches && real - this.drawn < 10000 && this.drawn) return;
    this.drawn = real;
    const now = this.clock.now();
    for (const [id, crossing] of this.crossings) {
      const progress = (now - crossing.departs) / Math.max(crossing.arrives - crossing.departs, 1);
      if (progress >= 1) {
        this.drop(id);
        this.greet(crossing);
      } else if (progress >= 0) {
        this.place(crossing, progress);
      }
    }
  }

  place(crossing, progress) {
    if (!crossing.mark) {
      crossing.mark = document.createElementNS(SVG, "use");
      const shape = { letter: "letter", receipt: "receipt" }[crossing.kind] ?? "telemetry";
      crossing.mark.setAttribute("href", `#${shape}-mark`);
      crossing.mark.setAttribute("class", `crossing ${shape} from-${crossing.from_world}`);
      crossing.mark.dataset.crossing = crossing.id;
      this.marks.append(crossing.mark);
    }
    const from = this.at[crossing.from_world];
    const to = this.at[crossing.to_world];
    const dx = to.x - from.x;
    const dy = to.y - from.y;
    const length = Math.hypot(dx, dy) || 1;
    // The two directions keep to their own sides of the line.
    const aside = (crossing.from_world === "earth" ? 3 : -3) + crossing.track * 2;
    const x = from.x + dx * progress - (dy / length) * aside;
    const y = from.y + dy * progress + (dx / length) * aside;
    crossing.mark.setAttribute("transform", `translate(${x.toFixed(2)} ${y.toFixed(2)})`);
  }

  greet(crossing) {
    if (still.matches || !crossing.mark) return;
    const body = this.bodies[crossing.to_world].querySelector(".halo");
    body.animate([{ opacity: 0.9, transform: "scale(1)" }, { opacity: 0.15, transform: "scale(1.9)" }], {
      duration: 900,
      easing: "ease-out",
    });
  }
}
