/** What of a video has been on the screen: the spans of its frames, and of what ran past between two pictures. Pure. */
import { merged } from "./intervals.js";

/** Pictures farther apart than this in a running playback were not watched in between (microseconds of video per 1x). */
const GAP = 500_000;
/** Spans kept as they came before they are joined. */
const LOOSE = 200;

/** @typedef {import("./types.js").Span} Span */

export class Watching {
  /** Not all joined yet. @type {Span[]} */
  spans = [];

  /** @param {import("./frames.js").FrameTable} frames */
  constructor(frames) {
    this.frames = frames;
  }

  /** A picture came to the screen. @param {number} index of its frame @param {number} before frame of the picture that went @param {number} rate of the playback, 0 standing */
  saw(index, before, rate) {
    const [old, shown, end] = [this.frames.start(before), this.frames.start(index), this.frames.start(index + 1)];
    const isFlow = rate > 0 && shown > old && shown - old <= GAP * Math.max(1, rate);
    const from = isFlow ? old : shown;
    const last = this.spans.at(-1);
    if (last && last[0] <= from && from <= last[1]) last[1] = Math.max(last[1], end);
    else this.spans.push([from, end]);
    if (this.spans.length > LOOSE) this.spans = merged(this.spans);
  }
}
