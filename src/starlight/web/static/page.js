// What the page does while it is open. Markup comes from the server alone; here text is only
// ever set as text.

import { MissionClock, durationWords, untilWords, utcWords } from "./clock.js";
import { Composer } from "./composer.js";
import { Unread, goBy } from "./notices.js";
import { refusalWords } from "./outbox.js";
import { Ray } from "./ray.js";
import { Player } from "./player.js";
import { Premieres } from "./premieres.js";
import { Reading } from "./reading.js";
import { Scroll } from "./scroll.js";
import { SkyDrawing } from "./sky.js";
import { listen } from "./stream.js";
import { t } from "./texts.js";

const { world, parts, stream, mailbox, letters } = document.body.dataset;
const byId = (id) => document.getElementById(id);
const setText = (element, text) => {
  if (element && element.textContent !== text) element.textContent = text;
};

let status = JSON.parse(document.body.dataset.status);
const clock = new MissionClock(status.sky.clock);
const sky = byId("sky") && new SkyDrawing(byId("sky"), clock); // null where the worlds can't be drawn
const ray = byId("ray") && new Ray(byId("ray"), clock); // null where there is only one world
const scroll = new Scroll(byId("scroll"), byId("below"), byId("below-words"));
const reading = new Reading(byId("scroll"), (form) => htmx.trigger(form, "submit"));
const composer = new Composer({ clock, scroll, world, mailbox, letters, say, refresh });
const react = (letter, moment, at) => {
  const words = wordsOf(document.querySelector(`[data-voice][data-letter="${CSS.escape(letter)}"]`));
  composer.answer(letter, t("In answer to “{words}” at {at}", { words, at }), moment);
  composer.save();
  composer.text.focus();
};
const player = new Player(composer.form ? react : null);
const premieres = new Premieres(clock, player);
const unread = new Unread();
goBy(clock);

// ---- the strip of clocks -------------------------------------------------------------------

function showClocks() {
  const now = clock.now();
  const fast = clock.rate > 30; // seconds would only flicker
  for (const face of document.querySelectorAll("[data-clock-of]")) {
    const read = clock.reading(face.dataset.clockOf, now);
    setText(face.querySelector("[data-clock=time]"), read.time);
    const seconds = face.querySelector("[data-clock=seconds]");
    if (seconds) seconds.hidden = fast;
    setText(seconds, `:${read.seconds}`);
    setText(face.querySelector("[data-clock=date]"), `${read.day} ${read.year}`.trim());
    setText(face.querySelector("[data-clock=day]"), read.day);
  }
  const [day, time] = utcWords(now).split(" ");
  setText(document.querySelector("#utc .utc-day"), day);
  setText(document.querySelector("#utc .utc-time"), time);
  for (const timer of document.querySelectorAll("[data-until]")) {
    setText(timer, untilWords((Date.parse(timer.dataset.until) - now) / 1000));
  }
  showTransits(now);
  setText(byId("rate"), clock.rate === 1 ? "" : clock.rate === 0 ? t("paused") : `×${clock.rate}`);
}

// The star on the line of a letter that is under way, by the true fraction of the time.
function showTransits(now) {
  for (const line of document.querySelectorAll(".transit:not(.lost)")) {
    const from = Date.parse(line.dataset.from);
    const done = Math.min(Math.max((now - from) / (Date.parse(line.dataset.to) - from), 0), 1);
    const x = `${(done * 100).toFixed(1)}%`;
    line.querySelector(".gone").setAttribute("x2", x);
    line.querySelector(".ahead").setAttribute("x1", x);
    line.querySelector(".star").setAttribute("x", x);
  }
}

function showSky() {
  setText(byId("light"), durationWords(status.sky.light_time_s));
  if (status.sky.distance_km !== null && byId("distance")) {
    setText(byId("distance"), `${(status.sky.distance_km / 1e6).toFixed(1)} ${t("million km")}`);
    const parting = status.sky.receding_km_s;
    byId("distance").title = parting < 0 ? t("shrinking by {speed} km/s", { speed: Math.abs(parting).toFixed(1) }) : t("growing by {speed} km/s", { speed: parting.toFixed(1) });
  }
  const reach = status.reach;
  const [label, at, words] = {
    here: [t("Way"), null, t("at this node")],
    open: [t("Open until"), reach?.until, t("open")],
    shut: [t("Opens"), reach?.until, t("closed")],
    no_contact: [t("No contact since"), reach?.since, t("no contact")],
    never_heard: [t("Contact"), null, t("never heard")],
    no_route: [t("Next window"), null, t("none planned")],
  }[reach?.code ?? "no_route"];
  setText(byId("window-label"), label);
  setText(byId("window"), at ? clock.when(world, Date.parse(at)) : words);
}

function hear(news) {
  // That a peer is overdue comes by the passing of time alone, and turns what is said of every letter.
  const turned = news.reach?.code !== status.reach?.code;
  status = news;
  clock.hear(status.sky.clock);
  sky?.hear(status);
  ray?.hear(status);
  showSky();
  // What links carry changes all the time: of use only to who looks at it.
  if (turned || byId("links-open")?.open) refresh();
}

function frame(real) {
  sky?.draw(real);
  ray?.draw(real);
  requestAnimationFrame(frame);
}

// ---- keeping the parts fresh ---------------------------------------------------------------

const refreshing = { running: false, again: false, last: 0 };

async function refresh() {
  if (refreshing.running) {
    refreshing.again = true;
    return;
  }
  refreshing.running = true;
  try {
    await htmx.ajax("GET", parts, { source: document.body, swap: "none" });
  } catch {
    // The server is gone; the stream notices, says so, and refreshes when it is back.
  } finally {
    refreshing.running = false;
    refreshing.last = performance.now();
  }
  if (refreshing.again) {
    refreshing.again = false;
    setTimeout(refresh, 100);
  }
}

// Some of what is shown changes by the passing of time alone; the server says when next.
function refreshWhenDue() {
  if (document.body.className !== "live") return;
  const next = byId("letters")?.dataset.next;
  if (next && clock.now() >= Date.parse(next) && performance.now() - refreshing.last > 400) refresh();
}

const listening = {
  opened() {
    document.body.className = "live";
    setText(byId("connection"), "");
    refresh();
    composer.outbox.flush();
  },
  heard(news) {
    if (news.status) hear(news.status);
    if (news.changed) refresh();
  },
  lost() {
    document.body.className = "cut-off";
    setText(byId("connection"), t("The page has lost its server and is looking for it. What you write is kept here until then."));
  },
};

// ---- swapping without losing anyone's place ---------------------------------------------------

// What has the focus, and its surroundings with an id, from the inside out.
let trail = [];

document.addEventListener("focusin", (event) => {
  trail = [];
  for (let at = event.target; at && at !== document.body; at = at.parentElement) if (at.id) trail.push(at.id);
});
document.addEventListener("pointerdown", () => {
  trail = []; // Who points elsewhere means to leave it.
});

// What somebody presses stays where it is until they let go, or the click would fall on what takes its place.
// A browser may keep the end of a press to itself, as when its menu opens: so a press counts for a second.
const PRESS_MS = 1000;
let pressed = -PRESS_MS;
let missed = 0;
const isPressed = () => performance.now() - pressed < PRESS_MS;

addEventListener("pointerdown", () => {
  pressed = performance.now();
}, true);

for (const end of ["pointerup", "pointercancel"]) {
  // The click comes first.
  addEventListener(end, () => setTimeout(() => {
    pressed = -PRESS_MS;
  }), true);
}

document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target, fragment } = event.detail;
  if (isPressed()) {
    event.detail.shouldSwap = false;
    clearTimeout(missed); // once for all parts that came now
    missed = setTimeout(refresh, PRESS_MS / 4);
    return;
  }
  if (target.id === "letters") scroll.hold();
  const fresh = fragment.firstElementChild;
  if (fresh?.dataset.version === target.dataset.version) event.detail.shouldSwap = false;
  else keepDetails(target, fresh);
});

document.addEventListener("htmx:beforeSwap", (event) => {
  keepDetails(event.detail.target, null);
});

document.addEventListener("htmx:oobAfterSwap", (event) => {
  if (event.detail.target.id === "conversations") composer.kept.list();
  if (event.detail.target.id !== "letters") return;
  composer.showKept();
  player.refreshed();
  premieres.show();
  scroll.release();
  reading.watch();
});

document.addEventListener("htmx:afterSettle", (event) => {
  for (const id of open) {
    const details = byId(id);
    if (details?.dataset.why) restore(details);
    details?.setAttribute("open", "");
  }
  open = new Set();
  explained.clear();
  const why = byId("prediction-why");
  if (composer.rewritten && why?.open && event.detail.requestConfig?.path.endsWith("/predict")) explain(why);
  if (document.activeElement === document.body && trail.length) {
    // What had the focus is gone: its nearest surroundings take it.
    const near = trail.map(byId).find((element) => element?.matches("details, [tabindex]"));
    (near?.matches("details") ? near.querySelector("summary") : near)?.focus({ preventScroll: true });
  }
  announceNews();
});

let open = new Set();

function keepDetails(old, fresh) {
  if (!old || old === document.body) return;
  for (const details of old.querySelectorAll("details[open][id]")) {
    open.add(details.id);
    const again = fresh?.querySelector(`#${CSS.escape(details.id)}`);
    again?.setAttribute("open", "");
    // What was explained stays until it is asked for again; each opening asks once.
    if (!details.dataset.asked) continue;
    explained.set(details.id, details.querySelector(".because"));
    if (again) restore(again);
  }
}

// ---- why so late ---------------------------------------------------------------------------------

const explained = new Map();

function restore(details) {
  const because = explained.get(details.id);
  explained.delete(details.id);
  if (!because || details.dataset.asked) return;
  details.dataset.asked = "yes";
  details.querySelector(".because").replaceWith(because);
}

async function explain(details) {
  details.dataset.asked = "yes";
  if (details.id === "prediction-why") composer.rewritten = false;
  const target = details.querySelector(".because");
  target.setAttribute("aria-busy", "true");
  if (target.querySelector("a")) target.textContent = t("Looking for what is faster…");
  const draft = details.id === "prediction-why";
  const asked = { source: document.body, target, swap: "innerHTML" };
  try {
    if (draft) await htmx.ajax("POST", details.dataset.why, { ...asked, values: Object.fromEntries(new FormData(composer.form)) });
    else await htmx.ajax("GET", details.dataset.why, asked);
  } catch {
    // The server is gone; the page says so elsewhere.
  }
  byId(details.id)?.querySelector(".because")?.removeAttribute("aria-busy");
}

document.addEventListener(
  "toggle",
  (event) => {
    const details = event.target;
    if (!details.dataset?.why) return;
    if (!details.open) delete details.dataset.asked;
    else if (!details.dataset.asked) explain(details);
  },
  true, // It does not bubble.
);

// ---- saying what happened, once ----------------------------------------------------------------

let known = survey();

function survey() {
  const letters = new Map();
  for (const letter of document.querySelectorAll("article.letter")) {
    const name = letter.querySelector("h2").textContent.replace(/\s+/g, " ").trim();
    letters.set(letter.id, {
      mine: letter.classList.contains("mine"),
      unread: letter.classList.contains("unread"),
      confirmed: letter.dataset.standing === "confirmed",
      from: name.replace(/^New\s+/, ""),
      words: letter.querySelector(".state").textContent.trim(),
      state: letter.dataset.state,
    });
  }
  return { letters, silence: byId("silence-heading")?.dataset.code ? byId("silence-heading").textContent : "" };
}

function announceNews() {
  const fresh = survey();
  const said = [];
  for (const [id, letter] of fresh.letters) {
    const before = known.letters.get(id);
    if (!letter.mine && letter.unread && !before) said.push(t("New letter from {name}.", { name: letter.from }));
    const turned = before && (before.state !== letter.state || before.confirmed !== letter.confirmed);
    if (letter.mine && turned && letter.confirmed) said.push(t("Your letter: {state}.", { state: letter.words }));
  }
  if (fresh.silence !== known.silence) {
    said.push(fresh.silence ? `${fresh.silence}.` : t("The way is open again."));
  }
  known = fresh;
  if (said.length) say(said.join(" "));
  showUnread();
}

function say(words) {
  byId("announcer").textContent = words;
}

function showUnread() {
  const people = [...document.querySelectorAll(".person[data-address]")].map((link) => {
    const count = link.querySelector(".unread-count");
    return { address: link.dataset.address, count: parseInt(count?.textContent ?? "0", 10), urgent: Boolean(count && "urgent" in count.dataset) };
  });
  unread.show(people);
}

// ---- answering -----------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  const answer = event.target.closest?.("a.answer");
  if (!answer || !composer.form) return;
  event.preventDefault();
  composer.answer(answer.dataset.letter, t("In answer to “{words}”", { words: wordsOf(answer) }));
  composer.save();
  composer.text.focus();
});

// The first words of the letter that something stands in.
function wordsOf(element) {
  const words = element?.closest("article").querySelector(".text")?.textContent.trim() ?? "";
  return words.length > 48 ? `${words.slice(0, 47)}…` : words;
}

// A letter that takes another's place begins with its words; what is being written here stays before that.
document.addEventListener("click", (event) => {
  if (!event.target.closest?.("a.replace") || !composer.form || !composer.isWriting()) return;
  event.preventDefault();
  composer.tell(t("Send or clear what you are writing here first."), false);
  composer.text.focus();
});

document.addEventListener("htmx:responseError", (event) => {
  if (event.target === composer.form || event.target === composer.text) return; // They say so themselves.
  say(t("That did not work: {why}", { why: refusalWords(event.detail.xhr.status, event.detail.xhr.responseText) }));
});

// ---- go ------------------------------------------------------------------------------------------

hear(status);
showClocks();
showUnread();
setInterval(showClocks, 250);
setInterval(refreshWhenDue, 100);
setInterval(() => premieres.show(), 250);
setInterval(showUnread, 1000); // Hours of quiet end by the passing of time alone.
setInterval(() => composer.forecastAgain(), 250);
scroll.open();
requestAnimationFrame(frame);
listen(stream, listening);
