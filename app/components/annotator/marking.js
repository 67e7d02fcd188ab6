/**
 * From key presses to statements. What a class key says depends on the supervision level; this state machine knows the
 * marks that are still open, and nothing of the screen, the clock on the wall or the server.
 *
 * @typedef {import("./types.js").Level} Level
 * @typedef {{label: string, time: number, pressedAt: number, isHeld: boolean}} OpenMark
 * @typedef {{kind: "toggle", label: string} | {kind: "click", label: string, time: number}
 *   | {kind: "pair", label: string, times: [number, number]} | {kind: "span", label: string, times: [number, number]}
 *   | {kind: "opened", label: string, time: number}} Statement
 */

/** A press shorter than this is a tap: the instance stays open for the second tap. */
const TAP_MS = 250;

export class Marking {
  /** Open marks by class, oldest first. @type {Map<string, OpenMark>} */
  open = new Map();
  /** @type {{in: number | null, out: number | null}} */
  marks = { in: null, out: null };

  /**
   * A class key goes down.
   * @param {string} label @param {Level} level @param {number} time of the presented frame, microseconds
   * @param {number} now any steady clock, milliseconds
   * @returns {Statement}
   */
  press(label, level, time, now) {
    if (level === "video") return { kind: "toggle", label };
    if (level === "one-segment") return { kind: "click", label, time };
    const open = this.open.get(label);
    if (!open) {
      this.open.set(label, { label, time, pressedAt: now, isHeld: level === "full" });
      return { kind: "opened", label, time };
    }
    this.open.delete(label);
    return { kind: level === "full" ? "span" : "pair", label, times: ordered(open.time, time) };
  }

  /**
   * The key comes up. A hold closes the instance; a tap, or a hold that saw one frame only, leaves it open.
   * @param {string} label @param {number} time @param {number} now
   * @returns {Statement | null}
   */
  release(label, time, now) {
    const open = this.open.get(label);
    if (!open?.isHeld) return null;
    open.isHeld = false;
    if (now - open.pressedAt < TAP_MS || time === open.time) return null;
    this.open.delete(label);
    return { kind: "span", label, times: ordered(open.time, time) };
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

  /** Both marks are set: their times, ascending. @returns {[number, number] | null} */
  get marked() {
    const { in: start, out: end } = this.marks;
    return start === null || end === null ? null : ordered(start, end);
  }
}

/** @param {number} a @param {number} b @returns {[number, number]} */
const ordered = (a, b) => (a <= b ? [a, b] : [b, a]);
