/** Which span of time is on the screen, and where. Pure. */

/** No closer than this, microseconds: a few frames at any usual rate. */
const CLOSEST = 200_000;

export class Viewport {
  /** @param {number} first @param {number} last all there is to see, microseconds */
  constructor(first, last) {
    this.first = first;
    this.last = Math.max(last, first + 1);
    this.start = this.first;
    this.end = this.last;
    /** Pixels: where the time axis begins, and how wide it is. */
    this.left = 0;
    this.width = 1;
  }

  get span() {
    return this.end - this.start;
  }

  /** @param {number} time @returns {number} pixels */
  x(time) {
    return this.left + ((time - this.start) / this.span) * this.width;
  }

  /** @param {number} x pixels @returns {number} */
  time(x) {
    return this.start + ((x - this.left) / this.width) * this.span;
  }

  /** Show `span` microseconds from `start`, kept inside the video. @param {number} start @param {number} span */
  show(start, span) {
    const whole = this.last - this.first;
    const wide = Math.min(Math.max(span, Math.min(CLOSEST, whole)), whole);
    this.start = Math.min(Math.max(start, this.first), this.last - wide);
    this.end = this.start + wide;
  }

  /** `factor` > 1 is nearer; `time` stays where it is. @param {number} factor @param {number} time */
  zoom(factor, time) {
    const share = (time - this.start) / this.span;
    const whole = this.last - this.first;
    const span = Math.min(Math.max(this.span / factor, Math.min(CLOSEST, whole)), whole);
    this.show(time - share * span, span);
  }

  /** @param {number} microseconds */
  pan(microseconds) {
    this.show(this.start + microseconds, this.span);
  }

  fit() {
    this.show(this.first, this.last - this.first);
  }

  /** Bring a time into view: a page on while playing, else to the middle. @param {number} time @param {boolean} isPlaying @returns {boolean} whether the view moved */
  follow(time, isPlaying) {
    if (time >= this.start && time <= this.end) return false;
    const before = this.start;
    this.show(time - this.span * (isPlaying ? 0.05 : 0.5), this.span);
    return this.start !== before;
  }
}

/** Seconds between labelled ticks, the finest that leaves each label its room. @param {number} secondsPerPixel @param {number} [room] pixels */
export function tickStep(secondsPerPixel, room = 84) {
  const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];
  return steps.find((step) => step / secondsPerPixel >= room) ?? 14400;
}
