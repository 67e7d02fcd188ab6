/** The table of presentation times: the only clock. A frame is found by bisection in it, never by `time * fps`. */

/** A video known by its features only has no pictures; its times fall on this grid (microseconds). */
const GRID_WITHOUT_PICTURES = 40_000;

export class FrameTable {
  /**
   * @param {ArrayLike<number>} times presentation times, microseconds, ascending, at least one
   * @param {number} end the end of the last picture
   */
  constructor(times, end) {
    if (times.length === 0) throw new RangeError("a frame table needs at least one time; use FrameTable.without for features only");
    this.times = times;
    this.end = Math.max(end, times[times.length - 1] + 1);
  }

  /** @param {ArrayBuffer} bytes little-endian int64 @param {number} end @returns {FrameTable} */
  static parse(bytes, end) {
    const halves = new Int32Array(bytes, 0, 2 * Math.floor(bytes.byteLength / 8)); // twelve hours are a million: no BigInt for each
    const times = new Float64Array(halves.length / 2);
    for (let i = 0; i < times.length; i += 1) times[i] = (halves[2 * i] >>> 0) + halves[2 * i + 1] * 2 ** 32;
    return new FrameTable(times, end);
  }

  /** A grid for a video without pictures. @param {number} origin @param {number} end @returns {FrameTable} */
  static without(origin, end) {
    const n = Math.max(1, Math.ceil((end - origin) / GRID_WITHOUT_PICTURES));
    return new FrameTable(Array.from({ length: n }, (_, i) => origin + i * GRID_WITHOUT_PICTURES), end);
  }

  get length() {
    return this.times.length;
  }

  /** The frame on the screen at a time: the last that starts at or before it. @param {number} time @returns {number} */
  at(time) {
    let low = 0;
    let high = this.times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.times[middle] <= time) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }

  /** The frame whose start is nearest; for a media time that a float has bent by less than a frame. @param {number} time */
  nearest(time) {
    const before = this.at(time);
    const after = Math.min(before + 1, this.length - 1);
    return Math.abs(this.times[after] - time) < Math.abs(this.times[before] - time) ? after : before;
  }

  /** @param {number} index @returns {number} */
  clamp(index) {
    return Math.min(Math.max(index, 0), this.length - 1);
  }

  /** Start of frame `index`; one past the last is the end of the video. @param {number} index @returns {number} */
  start(index) {
    return index >= this.length ? this.end : this.times[Math.max(index, 0)];
  }

  /** The middle of a frame, where a seek cannot land on a neighbour. @param {number} index @returns {number} */
  middle(index) {
    return (this.start(index) + this.start(index + 1)) / 2;
  }

  /** The frame border (a start, or the end of the video) nearest to a time. @param {number} time @returns {number} */
  snap(time) {
    const index = this.at(time);
    const [before, after] = [this.start(index), this.start(index + 1)];
    return Math.abs(after - time) < Math.abs(time - before) ? after : before;
  }
}
