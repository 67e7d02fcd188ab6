/**
 * What a press, a drag, a tap, the wheel and a hover mean on each lane.
 *
 * @typedef {import("./timeline.js").Timeline} Timeline
 * @typedef {import("./timeline.js").Annotation} Annotation
 * @typedef {import("./spans.js").Box} Box
 * @typedef {import("./pointer.js").Touch} Touch
 */
import { h } from "../dom.js";
import { clockText } from "../format.js";
import { GUTTER, hit } from "./lanes.js";
import { coverageBand } from "./spans.js";

/** Pixels around an edge that take it. */
const NEAR = { mouse: 6, touch: 16 };

/** @param {Timeline} timeline @param {{y: number}} at */
function laneAt(timeline, { y }) {
  return timeline.layout.lanes.find((lane) => y >= lane.y && y < lane.y + lane.height && (lane.kind !== "curve" || y >= timeline.layout.curvesTop)) ?? null;
}

/** @param {Timeline} timeline @param {Touch} at */
function under(timeline, at) {
  return hit(timeline.boxes, at.x, at.y, at.isTouch ? NEAR.touch : NEAR.mouse);
}

/** @param {Timeline} timeline @param {number} x */
function timeAt(timeline, x) {
  return Math.min(Math.max(timeline.view.time(x), timeline.view.first), timeline.view.last);
}

/** @param {Timeline} timeline @returns {import("./pointer.js").Gestures} */
export function gesturesOf(timeline) {
  return {
    press: (at) => press(timeline, at),
    tap: (at) => tap(timeline, at),
    doubleTap: (at) => doubleTap(timeline, at),
    hover: (at) => hover(timeline, at),
    wheel: (at, deltaX, deltaY, isZoom) => wheel(timeline, at, deltaX, deltaY, isZoom),
    pinch: (factor, x, moved) => {
      timeline.view.zoom(factor, timeline.view.time(x));
      timeline.view.pan((-moved / timeline.view.width) * timeline.view.span);
      timeline.moved();
    },
  };
}

/** @param {Timeline} timeline @param {Touch} at @returns {import("./pointer.js").Drag} */
function press(timeline, at) {
  timeline.hover.hide();
  const found = under(timeline, at);
  const lane = laneAt(timeline, at);
  if (at.shift && (lane?.kind === "labels" || lane?.kind === "curve")) return draw(timeline, at, lane);
  if (found && (found.edge !== null || found.box.level === "one-segment")) return reshape(timeline, found.box, found.edge);
  if (lane?.kind === "axis" || lane?.kind === "strip") return scrub(timeline);
  if (lane?.kind === "minimap") return carry(timeline, at, -(timeline.view.last - timeline.view.first));
  if (lane?.kind === "labels" && at.y >= coverageBand(lane).y - 2) return cover(timeline, at, coverageBand(lane).y);
  return carry(timeline, at, timeline.view.span);
}

/** Pull an edge; the picture follows it. @param {Timeline} timeline @param {Box} box @param {"start" | "end" | null} edge @returns {import("./pointer.js").Drag} */
function reshape(timeline, box, edge) {
  const scene = timeline.scene;
  /** @type {Annotation | null} */
  let shaped = null;
  return {
    move: (at) => {
      shaped = timeline.actions.shaped(box, edge, timeAt(timeline, at.x));
      if (!shaped || !scene) return;
      const others = scene.annotations.filter(({ id }) => id !== shaped?.id);
      timeline.show({ ...scene, annotations: [...others, shaped], selection: { id: shaped.id, edge } });
    },
    drop: () => {
      if (shaped) timeline.actions.shape(box, shaped);
      else if (scene) timeline.show(scene);
    },
    cancel: () => scene && timeline.show(scene),
  };
}

/** @param {Timeline} timeline @returns {import("./pointer.js").Drag} */
function scrub(timeline) {
  const move = (/** @type {Touch} */ at) => timeline.actions.seek(timeAt(timeline, at.x));
  return { move, drop: move, cancel: () => {} };
}

/** Pan: the ground goes with the pointer; on the minimap the window does. @param {Timeline} timeline @param {Touch} from @param {number} span microseconds to the width, negative for the minimap @returns {import("./pointer.js").Drag} */
function carry(timeline, from, span) {
  const start = timeline.view.start;
  const move = (/** @type {Touch} */ at) => {
    timeline.view.show(start - ((at.x - from.x) / timeline.view.width) * span, timeline.view.span);
    timeline.moved();
  };
  return { move, drop: () => {}, cancel: () => {} };
}

/** Draw an instance: on a curve of its class, else of the current one. @param {Timeline} timeline @param {Touch} from @param {import("./lanes.js").Lane} lane @returns {import("./pointer.js").Drag} */
function draw(timeline, from, { y, name }) {
  return paint(timeline, from, y + 8, (span) => timeline.actions.draw(span, name ?? null));
}

/** Paint what was judged; with Alt, take it back. @param {Timeline} timeline @param {Touch} from @param {number} y @returns {import("./pointer.js").Drag} */
function cover(timeline, from, y) {
  return paint(timeline, from, y, (span, at) => timeline.actions.cover(span, !at.alt));
}

/** A span under the pointer, and what is done with it. @param {Timeline} timeline @param {Touch} from @param {number} y @param {(span: import("../types.js").Span, at: Touch) => void} does @returns {import("./pointer.js").Drag} */
function paint(timeline, from, y, does) {
  const start = timeAt(timeline, from.x);
  return {
    move: (at) => {
      timeline.painting = { y, from: start, to: timeAt(timeline, at.x) };
      timeline.overlay.paint(timeline);
    },
    drop: (at) => {
      timeline.painting = null;
      const end = timeAt(timeline, at.x);
      timeline.overlay.paint(timeline);
      does(start < end ? [start, end] : [end, start], at);
    },
    cancel: () => {
      timeline.painting = null;
      timeline.overlay.paint(timeline);
    },
  };
}

/** @param {Timeline} timeline @param {Touch} at */
function tap(timeline, at) {
  const lane = laneAt(timeline, at);
  if (at.x < GUTTER - 4) return;
  if (lane?.kind === "minimap") {
    const time = timeline.view.first + ((at.x - timeline.view.left) / timeline.view.width) * (timeline.view.last - timeline.view.first);
    timeline.view.show(time - timeline.view.span / 2, timeline.view.span);
    timeline.moved();
    return;
  }
  const found = under(timeline, at);
  timeline.actions.select(found?.box ?? null, found?.edge ?? null);
  if (!found) timeline.actions.seek(timeAt(timeline, at.x));
}

/** @param {Timeline} timeline @param {Touch} at */
function doubleTap(timeline, at) {
  const found = under(timeline, at);
  const lane = laneAt(timeline, at);
  if (found?.box.type === "proposal") timeline.actions.accept(found.box);
  else if (!found && (lane?.kind === "labels" || lane?.kind === "curve")) timeline.actions.add(timeAt(timeline, at.x), lane.name ?? null);
}

/** @param {Timeline} timeline @param {Touch} at @param {number} deltaX @param {number} deltaY @param {boolean} isZoom */
function wheel(timeline, at, deltaX, deltaY, isZoom) {
  timeline.hover.hide();
  if (at.x < GUTTER - 4 && !isZoom) {
    timeline.scrollBy(deltaY);
    return;
  }
  if (deltaY) timeline.view.zoom(Math.exp(-deltaY * (isZoom ? 0.01 : 0.0022)), timeAt(timeline, at.x));
  if (deltaX) timeline.view.pan((deltaX / timeline.view.width) * timeline.view.span);
  timeline.moved();
}

/** @param {Timeline} timeline @param {Touch | null} at */
function hover(timeline, at) {
  timeline.hovered = at && at.x >= GUTTER && !at.isTouch ? at.x : null;
  timeline.overlay.point(timeline);
  const scene = timeline.scene;
  const found = at && under(timeline, at);
  timeline.element.style.cursor = found?.edge ? "ew-resize" : found ? "pointer" : "";
  if (!at || !scene || timeline.hovered === null) {
    timeline.hover.hide();
    return;
  }
  const lane = laneAt(timeline, at);
  const time = timeAt(timeline, at.x);
  if (found) {
    timeline.hover.show(at, timeline.room, timeline.actions.describe(found.box).split("\n").map((line, i) => h("div", { class: i ? "dim" : "" }, line)));
  } else if (lane?.kind === "curve" && scene.curves) {
    const runs = [{ curves: scene.curves, title: scene.runTitle }, ...(scene.before ? [{ curves: scene.before, title: scene.beforeTitle }] : [])];
    timeline.hover.showValues(at, timeline.room, { name: lane.name ?? "", time, origin: timeline.origin, runs });
  } else if (lane && lane.kind !== "minimap") {
    timeline.hover.show(at, timeline.room, [clockText(time - timeline.origin, 3)]);
  } else {
    timeline.hover.hide();
  }
}
