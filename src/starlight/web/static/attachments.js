// What goes with the letter that is being written: pictures in steps, voices, files. Each is at the node before
// the letter is sent, so that a draft only names it; each says how large it is and when it will be there.

import { untilWords } from "./clock.js";
import { refusalWords } from "./outbox.js";
import { VoiceMaker } from "./voicemaker.js";
import { t } from "./texts.js";

const byId = (id) => document.getElementById(id);
const MOST_BYTES = 256 * 1024 * 1024; // of a part; the node says so too
const JSON_HEADERS = { "content-type": "application/json", accept: "application/json" };
const ASK_AGAIN_MS = 10_000;

export class Attachments {
  // `page` has the clock, the person's world, and `say(words)`; `base` is the address of the person;
  // `draft()` returns what is written, `changed()` is called when what goes with it is another, `tell(words)`
  // shows what went wrong.
  constructor(page, base, draft, changed, tell) {
    this.page = page;
    this.base = base;
    this.draft = draft;
    this.changed = changed;
    this.tell = tell;
    this.groups = []; // { name, steps: [{ attachment, size }], preview, previewType, notes, file }
    this.busy = 0;
    this.list = byId("attached");
    this.template = byId("attached-row");
    this.bulk = byId("bulk-parts");
    byId("adds").hidden = false;
    this.voice = new VoiceMaker(this);
    byId("add-picture").addEventListener("change", (event) => this.take(event.target, (file) => this.addPicture(file, false)));
    byId("add-file").addEventListener("change", (event) => this.take(event.target, (file) => this.addFile(file)));
    this.bulk.addEventListener("change", () => {
      this.foresee();
      this.changed();
    });
    this.list.addEventListener("click", (event) => this.pressed(event.target.closest("button[data-act]")));
  }

  get isEmpty() {
    return this.groups.length === 0;
  }

  // Whether what goes with the letter fills only the room that nothing else needs.
  get isBulk() {
    return this.bulk.checked && !this.isEmpty;
  }

  // As a draft has them: each with its place, so that a smaller step can name the larger one.
  parts() {
    const parts = [];
    for (const { steps, preview, previewType } of this.groups) {
      const last = parts.length + steps.length - 1;
      steps.forEach(({ attachment }, at) => {
        const isLast = at === steps.length - 1;
        const shown = at === 0 && preview ? { preview, preview_type: previewType } : {};
        parts.push({ ...attachment, preview: "", preview_type: "", ...shown, smaller_of: isLast ? null : last });
      });
    }
    return parts;
  }

  // What is kept in the browser of it: all but the files themselves.
  kept() {
    return this.groups.map(({ file, ...group }) => group);
  }

  restore(groups, isBulk) {
    this.groups = Array.isArray(groups) ? groups : [];
    this.bulk.checked = isBulk;
    this.show();
  }

  clear() {
    this.groups = [];
    this.bulk.checked = false;
    this.show();
  }

  add(group) {
    this.groups.push(group);
    this.show();
    this.changed();
  }

  // ---- taking files

  async take(input, act) {
    const files = [...input.files];
    input.value = "";
    for (const file of files) {
      this.work(1);
      try {
        await act(file);
      } catch (error) {
        this.tell(error instanceof Refusal ? `${file.name}: ${error.message}` : t("{name}: the node does not answer.", { name: file.name }));
      } finally {
        this.work(-1);
      }
    }
  }

  async addPicture(file, keep) {
    this.page.say(`Making ${file.name} smaller.`);
    const query = new URLSearchParams({ name: file.name.slice(-80), keep: String(keep) });
    const offer = await this.post(`/picture?${query}`, file);
    const first = offer.parts[0].attachment;
    this.add({
      name: file.name,
      steps: offer.parts.map(({ attachment, size_bytes }) => ({ attachment, size: size_bytes })),
      preview: first.preview,
      previewType: first.preview_type,
      previewSize: offer.preview_bytes,
      notes: offer.notes,
      isOriginal: keep,
      file,
    });
  }

  async addFile(file) {
    if (file.size > MOST_BYTES) {
      throw new Refusal(t("It has {size}. A part has at most 268 MB; send it in several, or smaller.", { size: sizeWords(file.size) }));
    }
    // A sound may go as it is or be made smaller: that is its sender's choice.
    if (file.type.startsWith("audio/") && (await this.voice.offerFile(file))) return;
    await this.addAsItIs(file);
  }

  async addAsItIs(file, more = {}) {
    this.page.say(`Taking ${file.name}.`);
    const { upload, duration_ms = null } = await this.post("/parts", file);
    const kind = file.type.startsWith("video/") ? "video" : "file";
    const attachment = { upload, name: file.name.slice(-80), media_type: file.type || "application/octet-stream", kind, duration_ms, ...more };
    this.add({ name: file.name, steps: [{ attachment, size: file.size }], notes: [] });
  }

  async post(path, body, headers = {}) {
    const answer = await fetch(this.base + path, { method: "POST", headers: { accept: "application/json", ...headers }, body });
    if (!answer.ok) throw new Refusal(refusalWords(answer.status, await answer.text()));
    return answer.json();
  }

  postJson(path, value) {
    return this.post(path, JSON.stringify(value), JSON_HEADERS);
  }

  // Sending waits for what is still being taken.
  work(more) {
    this.busy += more;
    byId("send").disabled = this.busy > 0;
    this.list.toggleAttribute("aria-busy", this.busy > 0);
  }

  // ---- the list

  show() {
    const rows = [];
    let place = 0;
    for (const [number, group] of this.groups.entries()) {
      if (group.previewSize) rows.push(this.row(t("{name}: a preview, {size}, goes with the words", { name: group.name, size: sizeWords(group.previewSize) })));
      group.steps.forEach((step, at) => {
        const row = this.row(describe(group, step, at), place);
        place += 1;
        const remove = row.querySelector("[data-act=remove]");
        remove.hidden = false;
        remove.setAttribute("aria-label", t("Remove {what}", { what: describe(group, step, at) }));
        remove.dataset.group = number;
        remove.dataset.step = at;
        const keep = row.querySelector("[data-act=keep]");
        const isLast = at === group.steps.length - 1;
        keep.hidden = !(group.file && isLast && !group.isOriginal && group.notes.length);
        keep.dataset.group = number;
        rows.push(row);
      });
      for (const note of group.notes) rows.push(this.row(note));
    }
    this.list.replaceChildren(...rows);
    this.list.hidden = byId("bulk").hidden = rows.length === 0;
    byId("text").required = this.isEmpty;
    this.foresee();
  }

  row(words, place) {
    const row = this.template.content.firstElementChild.cloneNode(true);
    row.querySelector(".what").textContent = words;
    if (place === undefined) row.querySelector("[data-act=remove]").hidden = true;
    else row.dataset.place = place;
    return row;
  }

  async pressed(button) {
    if (!button) return;
    const group = this.groups[button.dataset.group];
    if (button.dataset.act === "keep") {
      this.groups.splice(button.dataset.group, 1);
      await this.take({ files: [group.file] }, (file) => this.addPicture(file, true));
      return;
    }
    group.steps.splice(button.dataset.step, 1);
    if (!group.steps.length) this.groups.splice(button.dataset.group, 1);
    this.show();
    this.changed();
    byId("text").focus();
  }

  // ---- when each will be there

  async foresee() {
    if (this.isEmpty) return;
    this.askedAt = performance.now();
    try {
      const found = await this.postJson("/predict", { ...this.draft(), key: null });
      for (const row of this.list.querySelectorAll("[data-place]")) {
        this.showArrival(row.querySelector(".predicted"), found.parts[row.dataset.place]?.arrives);
      }
    } catch {
      // The page says elsewhere that the node does not answer.
    }
  }

  foreseeAgain() {
    if (!this.isEmpty && performance.now() - (this.askedAt ?? 0) > ASK_AGAIN_MS) this.foresee();
  }

  // When it will be there, and in how long: the page counts that down.
  showArrival(place, at) {
    if (!at) {
      place.textContent = t("no route is known yet");
      return;
    }
    const left = document.createElement("span");
    left.dataset.until = at;
    left.textContent = untilWords((Date.parse(at) - this.page.clock.now()) / 1000);
    place.replaceChildren(`there ${this.page.clock.when(this.page.world, Date.parse(at))}, `, left);
  }
}

// What a node would not take, in its words.
export class Refusal extends Error {}

function describe(group, step, at) {
  const { width, height, kind, duration_ms: length } = step.attachment;
  const pixels = width && height ? `, ${width} × ${height}` : "";
  const which = group.steps.length > 1 ? (at === group.steps.length - 1 ? t("the whole picture") : t("a smaller one")) : "";
  const name = kind === "voice" && !group.name ? t("Voice") : group.name;
  return `${name}${which ? `: ${which}` : ""}${pixels}${length ? `, ${playedWords(length)}` : ""}, ${sizeWords(step.size)}`;
}

// As people say it, in three digits at most; `render.py` says it likewise.
export function sizeWords(bytes) {
  if (bytes < 1000) return t("{bytes} bytes", { bytes });
  const [number, unit] = bytes < 999_500 ? [bytes / 1e3, "kB"] : [bytes / 1e6, "MB"];
  return `${number.toFixed(number < 9.95 ? 1 : 0)} ${unit}`;
}

export function playedWords(ms) {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
