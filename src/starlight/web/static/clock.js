// Mission time on the client: what the server said last, carried on at the mission's rate;
// and its readings on every world. The same rules as localtime.py, which a test compares.

import { t } from "./texts.js";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
// A day by the locale of the page; the same as localtime.py has from its catalogue.
const dayWords = (day, month) => t("{day} {month}", { day, month: t(MONTHS[month]), number: month + 1 });
const two = (number) => String(number).padStart(2, "0");

export class MissionClock {
  // The server's clock is {now, rate, worlds}; times are milliseconds since 1970 here.
  constructor(told) {
    this.base = null;
    this.hear(told);
  }

  hear(told) {
    const now = Date.parse(told.now);
    const real = performance.now();
    // A message that came a little late must not make the clocks jump back: lean towards it.
    const drift = this.base === null ? Infinity : now - this.now();
    const small = Math.abs(drift) < 1000 * Math.max(told.rate, 1) && told.rate === this.rate;
    this.base = small ? this.now() + drift / 4 : now;
    this.real = real;
    this.rate = told.rate;
    this.worlds = told.worlds;
  }

  now() {
    return this.base + (performance.now() - this.real) * this.rate;
  }

  reading(world, at) {
    const face = this.worlds[world];
    return "utc_offset_s" in face ? this.civilReading(face, at) : this.countedReading(face, at);
  }

  civilReading(face, at) {
    const local = new Date(at + face.utc_offset_s * 1000);
    return {
      day: dayWords(local.getUTCDate(), local.getUTCMonth()),
      year: String(local.getUTCFullYear()),
      time: `${two(local.getUTCHours())}:${two(local.getUTCMinutes())}`,
      seconds: two(local.getUTCSeconds()),
    };
  }

  countedReading(face, at) {
    const days = (at - Date.parse(face.day_zero)) / (face.day_s * 1000);
    const day = Math.floor(days);
    const second = Math.min(Math.floor((days - day) * 86400), 86399);
    return {
      day: `${face.day} ${day}`.replace("-", "−"),
      year: "",
      time: `${two(Math.floor(second / 3600))}:${two(Math.floor(second / 60) % 60)}`,
      seconds: two(second % 60),
    };
  }

  // As short as it can be seen from now: the time alone on the present day.
  when(world, at) {
    const then = this.reading(world, at);
    const now = this.reading(world, this.now());
    if (then.day === now.day && then.year === now.year) return then.time;
    return then.year === now.year ? `${then.day}, ${then.time}` : t("{day} {year}, {time}", then);
  }
}

export function durationWords(seconds) {
  if (seconds < 60) return t("{seconds} s", { seconds: seconds < 10 ? seconds.toFixed(1) : Math.floor(seconds) });
  if (seconds < 3600) return t("{minutes} min {seconds} s", { minutes: Math.floor(seconds / 60), seconds: two(Math.floor(seconds % 60)) });
  if (seconds < 86400) return t("{hours} h {minutes} min", { hours: Math.floor(seconds / 3600), minutes: two(Math.floor((seconds % 3600) / 60)) });
  return t("{days} d {hours} h", { days: Math.floor(seconds / 86400), hours: Math.floor((seconds % 86400) / 3600) });
}

// How long there is yet, rounded up as all that is predicted; the same rules as localtime.py.
export function untilWords(left) {
  const seconds = Math.max(Math.ceil(left), 0);
  if (!seconds) return t("now");
  if (seconds < 120) return t("in {seconds} s", { seconds });
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return t("in {minutes} min", { minutes });
  if (minutes < 48 * 60) return t("in {hours} h {minutes} min", { hours: Math.floor(minutes / 60), minutes: two(minutes % 60) });
  const hours = Math.ceil(left / 3600);
  return t("in {days} d {hours} h", { days: Math.floor(hours / 24), hours: hours % 24 });
}

export function utcWords(at) {
  return new Date(at).toISOString().slice(0, 16).replace("T", " ");
}
