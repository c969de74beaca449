// What is in flight, as it moves: the marks on the routes and the line of now, by mission time. Markup comes
// from the server alone; it is asked for anew when something has changed, or was foreseen to by now.

import { MissionClock, untilWords } from "./clock.js";
import { t } from "./texts.js";

const still = matchMedia("(prefers-reduced-motion: reduce)");
const STILL_MS = 10_000; // with reduced motion everything moves on every ten seconds, as elsewhere
const APART_MS = 1_000; // between two requests
const SAID_MAX = 3; // changes that are told at once; more would be noise

const log = document.getElementById("flight-log");
let root = document.getElementById("flight");
let knots = [];
let clock = new MissionClock({ now: root.dataset.now, rate: Number(root.dataset.rate), worlds: {} });
let drawn = 0;
let asked = 0;
let stale = false;
let asking = false;

function taken() {
  knots = JSON.parse(root.dataset.knots).map(([at, x]) => [Date.parse(at), x]);
}

function place(at) {
  const after = Math.max(1, knots.findIndex(([time]) => time > at));
  const [[start, left], [end, right]] = at >= knots.at(-1)[0] ? knots.slice(-2) : [knots[after - 1], knots[after]];
  return left + (right - left) * Math.min(Math.max((at - start) / (end - start), 0), 1);
}

const set = (element, name, value) => {
  const text = `${value.toFixed(2)}%`;
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
};
const between = (x, { min, max }) => Math.min(Math.max(x, Number(min)), Number(max));

function move() {
  const now = clock.now();
  for (const mark of root.querySelectorAll(".at[data-from]")) {
    const { from, to, left, right } = mark.dataset;
    const done = Math.min(Math.max((now - Date.parse(from)) / Math.max(Date.parse(to) - Date.parse(from), 1), 0), 1);
    set(mark, "x", Number(left) + (Number(right) - Number(left)) * done);
  }
  const x = place(now);
  for (const line of root.querySelectorAll(".now")) {
    set(line, "x1", x);
    set(line, "x2", x);
  }
  for (const each of root.querySelectorAll(".now-words, .here")) set(each, "x", x);
  for (const line of root.querySelectorAll(".gone")) set(line, "x2", between(x, line.dataset));
  for (const star of root.querySelectorAll(".star")) set(star, "x", between(x, star.dataset));
  for (const gone of root.querySelectorAll(".gone")) {
    const ahead = gone.parentNode.querySelector(".ahead");
    set(ahead, "x1", between(x, ahead.dataset));
  }
  for (const timer of root.querySelectorAll("[data-until]")) {
    const words = untilWords((Date.parse(timer.dataset.until) - now) / 1000);
    if (timer.textContent !== words) timer.textContent = words;
  }
}

const states = () => new Map([...root.querySelectorAll(".track")].map((row) => [row.id, row.dataset]));

// One log for all: each change once, in words.
function tell(before) {
  const after = states();
  const said = [];
  for (const [id, one] of after) {
    if (before.has(id) && before.get(id).said !== one.said) said.push(`${one.text}: ${one.said}`);
  }
  for (const [id, one] of before) {
    if (!after.has(id)) said.push(t("{text}: no longer in flight", { text: one.text }));
  }
  for (const text of said.slice(0, SAID_MAX)) {
    const line = document.createElement("p");
    line.textContent = text;
    log.append(line);
  }
  while (log.children.length > 20) log.firstChild.remove();
}

async function refresh() {
  asking = true;
  stale = false;
  asked = performance.now();
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("flight");
    const before = states();
    const focused = root.contains(document.activeElement) ? document.activeElement.closest("[id]")?.id : null;
    const adopted = document.adoptNode(fresh);
    root.replaceWith(adopted);
    root = adopted;
    taken();
    clock.hear({ now: root.dataset.now, rate: Number(root.dataset.rate), worlds: {} });
    if (focused) document.getElementById(focused)?.querySelector("a")?.focus();
    tell(before);
    move();
  } catch {
    stale = true; // The node is away; the stream finds it again.
  } finally {
    asking = false;
  }
}

function frame(real) {
  if (!still.matches || real - drawn >= STILL_MS || !drawn) {
    drawn = real;
    move();
  }
  const due = root.dataset.next && clock.now() >= Date.parse(root.dataset.next);
  if ((stale || due) && !asking && performance.now() - asked > APART_MS) refresh();
  requestAnimationFrame(frame);
}

document.addEventListener("news", ({ detail: news }) => {
  if (news.status) clock.hear(news.status.sky.clock);
  if (news.changed) stale = true;
});

taken();
requestAnimationFrame(frame);
