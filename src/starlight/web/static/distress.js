// Distress calls on an open page: the title of the tab, one announcement for each call, and the sound. A
// browser lets a page sound only after somebody has touched it; until then a button says so.

import { isDistressHeard } from "./notices.js";
import { t } from "./texts.js";

const SOUND = "/static/distress.wav";
const AGAIN_MS = 8_000;
const QUIET_MS = 60_000;

const sound = new Audio(SOUND);
sound.preload = "auto";
const announced = new Set();
let title = document.title;
let shown = title;
let quietUntil = 0;
let refused = false;
let lastPlayed = -Infinity;

// Those that somebody beside the reader has answered stand there quietly.
const calls = () => [...document.querySelectorAll(".distress-call:not(.answered)")];

async function play() {
  const now = performance.now();
  if (now < quietUntil || now - lastPlayed < AGAIN_MS) return;
  lastPlayed = now;
  try {
    await sound.play();
    refused = false;
  } catch {
    refused = true; // nobody has touched this page yet
  }
}

function show() {
  const standing = calls();
  const alert = document.getElementById("distress-alert");
  for (const call of standing) {
    if (announced.has(call.dataset.call)) continue;
    announced.add(call.dataset.call);
    alert.hidden = false;
    alert.textContent = t("{name} calls for help.", { name: call.dataset.name });
  }
  const head = standing.length ? t("Distress: {name}", { name: standing[0].dataset.name }) + " · " : "";
  if (document.title !== shown) title = document.title; // another script has set it
  const wanted = shown = head + title;
  if (document.title !== wanted) document.title = wanted;
  const heard = isDistressHeard();
  if (standing.length && heard) play();
  else sound.pause();
  const quiet = performance.now() < quietUntil;
  for (const button of document.querySelectorAll("[data-sound=on]")) button.hidden = !heard || (!refused && !quiet);
  for (const button of document.querySelectorAll("[data-sound=quiet]")) button.hidden = !heard || refused || quiet;
}

document.addEventListener("click", (event) => {
  const chosen = event.target.closest("[data-sound]")?.dataset.sound;
  if (chosen === "quiet") {
    quietUntil = performance.now() + QUIET_MS;
    sound.pause();
  } else if (chosen === "on" || refused) {
    quietUntil = 0;
    lastPlayed = -Infinity; // this touch is what the browser waited for
  } else return;
  show();
});

// The conversations hold the banner as a part of their own. On the other views a line leads there: who calls,
// and with which words, set as text.
const ASK_MS = 5_000;
const far = document.getElementById("distress-far");

async function ask() {
  try {
    const answer = await fetch(`/api/people/${encodeURIComponent(document.body.dataset.person)}/distress`);
    if (!answer.ok) return;
    const { heard } = await answer.json();
    const lines = heard.map((call) => {
      const line = document.createElement("a");
      line.className = call.answered_by ? "distress-call far answered" : "distress-call far";
      line.href = `/people/${encodeURIComponent(document.body.dataset.person)}`;
      line.dataset.call = call.call;
      line.dataset.name = call.name;
      const words = call.text ? ` “${call.text}”` : "";
      line.textContent = call.answered_by
        ? t("{name} calls for help. {other} has answered.", { name: call.name, other: call.answered_by_name }) + words
        : t("{name} calls for help.", { name: call.name }) + words + " " + t("Answer");
      return line;
    });
    far.replaceChildren(...lines);
    far.hidden = !lines.length;
    show();
  } catch {
    // The node is away; what was known stays.
  }
}

// Where one's own call is changes; not while somebody writes or is about to cancel it.
if ("stands" in document.body.dataset) {
  setInterval(() => {
    if (!document.querySelector(".end-of-call[open]")) location.reload();
  }, 30_000);
}

setInterval(show, 1_000);
show();
if (far) {
  setInterval(ask, ASK_MS);
  ask();
}
