/** Mouse, pen and fingers on the timeline, told apart and handed on as gestures. */

import { zoomOf } from "../dom.js";

/**
 * @typedef {{x: number, y: number, isTouch: boolean, shift: boolean, alt: boolean}} Touch
 * @typedef {object} Gestures
 * @property {(at: Touch) => Drag | null} press what a drag from here would do; null: nothing
 * @property {(at: Touch) => void} tap pressed and let go in one place
 * @property {(at: Touch) => void} doubleTap
 * @property {(at: Touch | null) => void} hover null: the pointer has left
 * @property {(at: Touch, deltaX: number, deltaY: number, isZoom: boolean) => void} wheel
 * @property {(factor: number, x: number, moved: number) => void} pinch
 * @typedef {{move: (at: Touch) => void, drop: (at: Touch) => void, cancel: () => void}} Drag
 */

/** Pixels a pointer may tremble before a press becomes a drag. */
const STILL = 4;
const DOUBLE_MS = 350;

/** @param {HTMLElement} element @param {Gestures} gestures @param {AbortSignal} signal */
export function listen(element, gestures, signal) {
  /** @type {Map<number, Touch>} */
  const down = new Map();
  /** @type {{from: Touch, drag: Drag | null, isMoving: boolean} | null} */
  let active = null;
  let lastTap = { time: -Infinity, x: 0, y: 0 };

  /** @param {PointerEvent | WheelEvent} event @returns {Touch} */
  const place = (event) => {
    const { left, top } = element.getBoundingClientRect();
    const isTouch = "pointerType" in event && event.pointerType === "touch";
    const zoom = zoomOf(element);
    return { x: (event.clientX - left) / zoom, y: (event.clientY - top) / zoom, isTouch, shift: event.shiftKey, alt: event.altKey };
  };
  const giveUp = () => {
    if (active?.isMoving) active.drag?.cancel();
    active = null;
  };

  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const at = place(event);
    down.set(event.pointerId, at);
    element.setPointerCapture(event.pointerId);
    if (down.size > 1) giveUp();
    else active = { from: at, drag: gestures.press(at), isMoving: false };
  }, { signal });

  element.addEventListener("pointermove", (event) => {
    const at = place(event);
    if (down.size === 2 && down.has(event.pointerId)) {
      pinched(down, event.pointerId, at, gestures);
      return;
    }
    if (!active) {
      gestures.hover(at);
      return;
    }
    if (!active.isMoving && Math.hypot(at.x - active.from.x, at.y - active.from.y) < STILL) return;
    active.isMoving = true;
    active.drag?.move(at);
  }, { signal });

  element.addEventListener("pointerup", (event) => {
    const at = place(event);
    down.delete(event.pointerId);
    if (!active) return;
    const { drag, isMoving } = active;
    active = null;
    if (isMoving) {
      drag?.drop(at);
      return;
    }
    const isDouble = event.timeStamp - lastTap.time < DOUBLE_MS && Math.hypot(at.x - lastTap.x, at.y - lastTap.y) < 3 * STILL;
    lastTap = { time: isDouble ? -Infinity : event.timeStamp, x: at.x, y: at.y };
    if (isDouble) gestures.doubleTap(at);
    else gestures.tap(at);
  }, { signal });

  element.addEventListener("pointercancel", (event) => {
    down.delete(event.pointerId);
    giveUp();
  }, { signal });
  element.addEventListener("pointerleave", () => gestures.hover(null), { signal });
  element.addEventListener("wheel", (event) => {
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 16 : 1;
    const sideways = event.shiftKey && event.deltaX === 0;
    gestures.wheel(place(event), unit * (sideways ? event.deltaY : event.deltaX), sideways ? 0 : unit * event.deltaY, event.ctrlKey);
  }, { signal, passive: false });
  signal.addEventListener("abort", giveUp);
}

/** Two fingers: their distance zooms, their middle pans. @param {Map<number, Touch>} down @param {number} id @param {Touch} at @param {Gestures} gestures */
function pinched(down, id, at, gestures) {
  const [a, b] = [...down.values()];
  const before = { wide: Math.abs(a.x - b.x), middle: (a.x + b.x) / 2 };
  down.set(id, at);
  const [c, d] = [...down.values()];
  const middle = (c.x + d.x) / 2;
  gestures.pinch(Math.max(10, Math.abs(c.x - d.x)) / Math.max(10, before.wide), middle, middle - before.middle);
}
