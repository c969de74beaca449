// Making a voice: recorded here or taken from a file, heard again, and sent in a way that the route bears. Each
// way says how large it makes the voice and when that would be there, before it is chosen.

import { Recorder, samplesOf, wavOf } from "./recorder.js";
import { playedWords, sizeWords } from "./attachments.js";
import { t } from "./texts.js";

const byId = (id) => document.getElementById(id);
const LONGEST_S = 30 * 60;
const SONG = "opus-64";
const AS_IT_IS = "as-it-is";

export class VoiceMaker {
  // `attachments` takes what is made, and speaks with the node.
  constructor(attachments) {
    this.attachments = attachments;
    this.panel = byId("recording");
    this.recorder = new Recorder((seconds) => this.ticked(seconds));
    byId("add-voice").addEventListener("click", () => this.record());
    byId("recording-stop").addEventListener("click", () => this.stop());
    byId("recording-discard").addEventListener("click", () => this.discard());
    byId("recording-listen").addEventListener("click", () => this.listen());
    byId("recording-attach").addEventListener("click", () => this.attach());
  }

  async record() {
    if (this.recorder.isOn || !this.panel.hidden) return;
    try {
      if (!(await this.isAvailable())) return;
      await this.recorder.start();
    } catch (error) {
      const why = error.name === "NotAllowedError" ? t("this page may not use the microphone") : t("no microphone was found");
      this.attachments.tell(error instanceof DOMException ? t("No recording: {why}.", { why }) : t("No recording: {why}", { why: error.message }));
      return;
    }
    this.file = null;
    this.open(t("Recording"), true);
    this.ticked(0);
    byId("recording-stop").focus();
  }

  ticked(seconds) {
    byId("recording-time").textContent = playedWords(seconds * 1000);
    if (seconds >= LONGEST_S) this.stop();
  }

  async stop() {
    const blob = await this.recorder.stop();
    if (!blob) return;
    await this.choose(blob, t("What was recorded"));
  }

  // Returns whether a file is a sound that can be sent in several ways; else it goes as it is.
  async offerFile(file) {
    if (!this.panel.hidden || !(await this.isAvailable())) return false;
    this.file = file;
    this.open(file.name, false);
    const isTaken = await this.choose(file, file.name);
    if (!isTaken) this.close();
    return isTaken;
  }

  open(words, isOn) {
    this.panel.hidden = false;
    byId("recording-words").textContent = words;
    this.panel.querySelector(".on-air").hidden = !isOn;
    byId("recording-stop").hidden = !isOn;
    for (const id of ["choices", "transcript-field", "recording-attach", "recording-listen"]) byId(id).hidden = true;
  }

  // Decodes it, and shows the ways to send it.
  async choose(blob, what) {
    try {
      this.buffer = await samplesOf(blob, this.file !== null);
    } catch {
      if (!this.file) {
        this.attachments.tell(t("There is no sound in the recording. Record it again."));
        this.close();
      }
      return false;
    }
    if (this.buffer.length === 0) {
      this.attachments.tell(t("The recording is empty. Record it again."));
      this.close();
      return false;
    }
    const length = Math.round(this.buffer.duration * 1000);
    let offer;
    try {
      offer = await this.attachments.postJson(`/voice/choices?duration_ms=${length}`, { ...this.attachments.draft(), key: null });
    } catch (error) {
      this.attachments.tell(t("Not attached: {why}", { why: error.message }));
      return false;
    }
    this.open(`${what}, ${playedWords(length)}`, false);
    byId("recording-time").textContent = "";
    this.showChoices(offer.choices, length);
    for (const id of ["choices", "transcript-field", "recording-attach", "recording-listen"]) byId(id).hidden = false;
    byId("choices").querySelector("input:checked")?.focus();
    return true;
  }

  showChoices(choices, length) {
    const rows = choices.map((choice) => this.choiceRow(choice.name, choice.title, choice.size_bytes, choice.arrives, choice.is_suggested));
    if (this.file) rows.push(this.choiceRow(AS_IT_IS, t("As it is"), this.file.size, null, false));
    byId("choices").replaceChildren(byId("choices-legend"), ...rows);
    this.length = length;
  }

  choiceRow(name, title, size, arrives, isSuggested) {
    const row = byId("choice-row").content.firstElementChild.cloneNode(true);
    const input = row.querySelector("input");
    input.value = name;
    input.checked = isSuggested;
    row.querySelector("b").textContent = title;
    row.querySelector(".what").textContent = sizeWords(size);
    if (name !== AS_IT_IS) this.attachments.showArrival(row.querySelector(".predicted"), arrives);
    return row;
  }

  async attach() {
    const chosen = byId("choices").querySelector("input:checked")?.value;
    if (!chosen) return;
    const attach = byId("recording-attach");
    attach.disabled = true;
    this.attachments.work(1);
    try {
      await this.make(chosen);
      this.close();
      byId("text").focus();
    } catch (error) {
      this.attachments.tell(t("Not attached: {why}", { why: error.message || t("the node does not answer.") }));
    } finally {
      attach.disabled = false;
      this.attachments.work(-1);
    }
  }

  async make(chosen) {
    const transcript = byId("transcript").value.trim();
    const name = this.file?.name ?? "";
    if (chosen === AS_IT_IS) {
      await this.attachments.addAsItIs(this.file, { kind: "voice", duration_ms: this.length, transcript });
      return;
    }
    const made = await this.attachments.post(`/voice?choice=${chosen}`, wavOf(this.buffer, chosen === SONG));
    const attachment = { ...made.attachment, name: name.slice(-80), transcript };
    this.attachments.add({ name, steps: [{ attachment, size: made.size_bytes }], notes: [] });
  }

  // Plays what was recorded, as it was recorded.
  listen() {
    if (this.heard) {
      this.hush();
      return;
    }
    this.sound = new AudioContext();
    this.heard = this.sound.createBufferSource();
    this.heard.buffer = this.buffer;
    this.heard.connect(this.sound.destination);
    this.heard.addEventListener("ended", () => this.hush());
    this.heard.start();
    byId("recording-listen").textContent = t("Stop");
  }

  hush() {
    this.sound?.close();
    this.sound = this.heard = null;
    byId("recording-listen").textContent = t("Listen");
  }

  async discard() {
    if (this.recorder.isOn) await this.recorder.stop();
    this.close();
    byId("add-voice").focus();
  }

  close() {
    this.hush();
    this.buffer = this.file = null;
    byId("transcript").value = "";
    this.panel.hidden = true;
  }

  // Asked before the microphone is: without media libraries at the node there is nothing to record for.
  async isAvailable() {
    const offer = await this.attachments.postJson("/voice/choices?duration_ms=1000", { ...this.attachments.draft(), key: null });
    if (!offer.available) this.attachments.tell(t("Voices can't be made at this node. To have them: {how}.", { how: offer.how }));
    return offer.available;
  }
}
