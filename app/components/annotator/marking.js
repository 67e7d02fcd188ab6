/**
 * From key presses to statements. What a class key says depends on the supervision level; this state machine knows the
 * marks that are still open, and nothing of the screen, the clock on the wall or the server.
 *
 * @typedef {import("./types.js").Level} Level
 * @typedef {{time: number, pressed: number | null}} Moment a frame's presentation time; `pressed` is the frame on the
 *   screen at the key press, where a reaction time was taken off, else null
 * @typedef {{label: string, moment: Moment, time: number, pressedAt: number, isHeld: boolean}} OpenMark
 * @typedef {{kind: "toggle", label: string} | {kind: "click" | "opened", label: string, moments: [Moment]}
 *   | {kind: "pair" | "span", label: string, moments: [Moment, Moment]}} Statement
 */

/** A press shorter than this is a tap: the instance stays open for the second tap. */
const TAP_MS = 250;

export class Marking {
  /** Open marks by class, oldest first. @type {Map<string, OpenMark>} */
  open = new Map();
  /** @type {{in: Moment | null, out: Moment | null}} */
  marks = { in: null, out: null };

  /**
   * A class key goes down.
   * @param {string} label @param {Level} level @param {Moment} moment that is marked
   * @param {number} now any steady clock, milliseconds
   * @returns {Statement}
   */
  press(label, level, moment, now) {
    if (level === "video") return { kind: "toggle", label };
    if (level === "one-segment") return { kind: "click", label, moments: [moment] };
    const open = this.open.get(label);
    if (!open) {
      this.open.set(label, { label, moment, time: moment.time, pressedAt: now, isHeld: level === "full" });
      return { kind: "opened", label, moments: [moment] };
    }
    this.open.delete(label);
    return { kind: level === "full" ? "span" : "pair", label, moments: ordered(open.moment, moment) };
  }

  /**
   * The key comes up. A hold closes the instance; a tap, or a hold that saw one frame only, leaves it open.
   * @param {string} label @param {Moment} moment @param {number} now
   * @returns {Statement | null}
   */
  release(label, moment, now) {
    const open = this.open.get(label);
    if (!open?.isHeld) return null;
    open.isHeld = false;
    if (now - open.pressedAt < TAP_MS || moment.time === open.time) return null;
    this.open.delete(label);
    return { kind: "span", label, moments: ordered(open.moment, moment) };
  }

  /** The keyboard is lost while a key is down: the mark stays open, as after a tap. */
  letGo() {
    for (const open of this.open.values()) open.isHeld = false;
  }

  /** Drop the newest open mark, or else the in and out marks. @returns {boolean} whether there was anything to drop */
  drop() {
    const newest = [...this.open.keys()].at(-1);
    if (newest !== undefined) return this.open.delete(newest);
    const had = this.marks.in !== null || this.marks.out !== null;
    this.marks = { in: null, out: null };
    return had;
  }

  /** Both marks are set: ascending. @returns {[Moment, Moment] | null} */
  get marked() {
    const { in: start, out: end } = this.marks;
    return start === null || end === null ? null : ordered(start, end);
  }
}

/** @param {Moment} a @param {Moment} b @returns {[Moment, Moment]} */
const ordered = (a, b) => (a.time <= b.time ? [a, b] : [b, a]);
