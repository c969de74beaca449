// A recording from the microphone, decoded here to samples and sent as WAV: so the node needs to read no
// format of a browser's.

const RATE_HZ = 16_000; // of the samples: what speech needs, and what the codecs of the node take
const SONG_RATE_HZ = 48_000;
const HEADER_BYTES = 44;

export class Recorder {
  // `ticked(seconds)` is called while it records.
  constructor(ticked) {
    this.ticked = ticked;
    this.recorder = null;
  }

  get isOn() {
    return this.recorder !== null;
  }

  // Throws where there is no microphone, or it may not be used.
  async start() {
    this.stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    this.pieces = [];
    this.recorder = new MediaRecorder(this.stream);
    this.recorder.addEventListener("dataavailable", (event) => this.pieces.push(event.data));
    // In pieces, so that a long one does not stand in the memory of the recorder alone.
    this.recorder.start(1000);
    const began = performance.now();
    this.timer = setInterval(() => this.ticked((performance.now() - began) / 1000), 250);
  }

  // Ends it; returns what was recorded, as a blob.
  async stop() {
    const recorder = this.recorder;
    if (!recorder) return null;
    const ended = new Promise((resolve) => recorder.addEventListener("stop", resolve, { once: true }));
    if (recorder.state !== "inactive") recorder.stop();
    await ended;
    this.release();
    return new Blob(this.pieces, { type: recorder.mimeType });
  }

  // Lets go of the microphone, so that its light goes out.
  release() {
    clearInterval(this.timer);
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.recorder = this.stream = null;
  }
}

// Returns the samples of a recording of any format that the browser knows; throws where it is none.
export async function samplesOf(blob, isSong) {
  const context = new OfflineAudioContext(isSong ? 2 : 1, 1, isSong ? SONG_RATE_HZ : RATE_HZ);
  return context.decodeAudioData(await blob.arrayBuffer());
}

// Returns samples as a WAV file: 16 bits, one channel of speech, two of a song.
export function wavOf(buffer, isSong) {
  const count = isSong ? Math.min(buffer.numberOfChannels, 2) : 1;
  const channels = [];
  for (let channel = 0; channel < buffer.numberOfChannels; channel += 1) channels.push(buffer.getChannelData(channel));
  const mixed = count === 1 ? [mean(channels)] : channels.slice(0, 2);
  const view = new DataView(new ArrayBuffer(HEADER_BYTES + buffer.length * count * 2));
  header(view, buffer.length, count, buffer.sampleRate);
  let at = HEADER_BYTES;
  for (let moment = 0; moment < buffer.length; moment += 1) {
    for (const samples of mixed) {
      const level = Math.max(-1, Math.min(1, samples[moment]));
      view.setInt16(at, Math.round(level * 32767), true);
      at += 2;
    }
  }
  return new Blob([view], { type: "audio/wav" });
}

function mean(channels) {
  if (channels.length === 1) return channels[0];
  return channels[0].map((_, moment) => channels.reduce((sum, samples) => sum + samples[moment], 0) / channels.length);
}

// The header of a WAV file: RIFF, a format chunk for PCM, a data chunk.
function header(view, length, channels, rate) {
  const size = length * channels * 2;
  const text = (at, word) => [...word].forEach((letter, n) => view.setUint8(at + n, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, HEADER_BYTES - 8 + size, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * channels * 2, true);
  view.setUint16(32, channels * 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, size, true);
}
