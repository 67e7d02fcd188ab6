/** From statements and pulled edges to annotations: pure, exact in the table of frames. */

/**
 * @typedef {import("./types.js").Annotation} Annotation
 * @typedef {import("./types.js").Level} Level
 * @typedef {import("./frames.js").FrameTable} FrameTable
 */

/**
 * An annotation with what was pressed for each of its times, where a reaction time was taken off them.
 * @param {Annotation} annotation @param {(number | null)[]} pressed one for each click, or for start and end
 * @param {number} compensation microseconds @returns {Annotation}
 */
export function withPresses(annotation, pressed, compensation) {
  const { pressed: _pressed, compensation: _compensation, ...bare } = annotation;
  return pressed.every((press) => press === null) ? bare : { ...bare, pressed, compensation };
}

/** The same after some of its times have been moved by hand: those were not pressed. @param {Annotation} before @param {Annotation} after @returns {Annotation} */
function unpressed(before, after) {
  if (!before.pressed?.length) return after;
  const times = (/** @type {Annotation} */ one) => (one.level === "full" ? [one.start, one.end] : one.clicks);
  const [old, now] = [times(before), times(after)];
  const kept = before.level === after.level ? now.map((time, i) => (time === old[i] ? (before.pressed?.[i] ?? null) : null)) : now.map(() => null);
  return withPresses(after, kept, before.compensation ?? 0);
}

/** @param {string} id @param {string} label @param {number[]} clicks ascending, one or two @param {boolean} [isAssisted] @returns {Annotation} */
export function clicked(id, label, clicks, isAssisted = false) {
  return { id, label, level: clicks.length === 1 ? "one-segment" : "two-segment", clicks, start: null, end: null, model_assisted: isAssisted };
}

/** An instance with both boundaries; one that would be empty is one frame long. @param {string} id @param {string} label @param {number} start @param {number} end @param {FrameTable} frames @param {boolean} [isAssisted] @returns {Annotation} */
export function bounded(id, label, start, end, frames, isAssisted = false) {
  const last = end > start ? end : frames.start(frames.at(start) + 1);
  return { id, label, level: "full", clicks: [], start, end: last, model_assisted: isAssisted };
}

/**
 * An annotation with one edge at another time, the other edge where it was. Pulling a side of a click makes a boundary
 * of it: two clicks while two clicks are asked for, else a full instance. Edges do not cross: a frame is left between.
 * @param {Annotation} annotation
 * @param {"start" | "end" | null} edge null moves a single click
 * @param {number} time @param {Level} level the level asked for now @param {FrameTable} frames
 * @returns {Annotation}
 */
export function reshaped(annotation, edge, time, level, frames) {
  return unpressed(annotation, moved(annotation, edge, time, level, frames));
}

/** @type {typeof reshaped} */
function moved(annotation, edge, time, level, frames) {
  const inside = Math.min(Math.max(time, frames.start(0)), frames.end);
  const shown = frames.start(frames.at(inside)); // a click is a picture, a boundary lies between pictures
  if (annotation.level === "one-segment") {
    const [click] = annotation.clicks;
    if (edge === null) return { ...annotation, clicks: [shown] };
    if (level !== "two-segment") return withEdge(asBounded(annotation, frames), edge, inside, frames);
    const other = edge === "start" ? Math.min(shown, click) : Math.max(shown, click);
    return { ...annotation, level: "two-segment", clicks: [other, click].sort((a, b) => a - b) };
  }
  if (annotation.level === "two-segment" && level !== "full") {
    const [first, last] = annotation.clicks;
    return { ...annotation, clicks: edge === "start" ? [Math.min(shown, last), last] : [first, Math.max(shown, first)] };
  }
  return withEdge(asBounded(annotation, frames), edge ?? "start", inside, frames);
}

/** The tightest full instance that holds all clicks. @param {Annotation} annotation @param {FrameTable} frames @returns {Annotation} */
function asBounded(annotation, frames) {
  if (annotation.level === "full") return annotation;
  const { clicks } = annotation;
  return { ...annotation, level: "full", clicks: [], start: clicks[0], end: frames.start(frames.at(clicks[clicks.length - 1]) + 1) };
}

/** @param {Annotation} annotation full @param {"start" | "end"} edge @param {number} time @param {FrameTable} frames @returns {Annotation} */
function withEdge(annotation, edge, time, frames) {
  const [start, end] = [annotation.start ?? 0, annotation.end ?? 0];
  const border = frames.snap(time);
  if (edge === "start") return { ...annotation, start: border < end ? border : frames.start(frames.at(end - 1)) };
  return { ...annotation, end: border > start ? border : frames.start(frames.at(start) + 1) };
}

/** Where an edge is now. @param {Annotation} annotation @param {"start" | "end" | null} edge @returns {number} */
export function edgeTime(annotation, edge) {
  if (annotation.level === "full") return (edge === "end" ? annotation.end : annotation.start) ?? 0;
  return edge === "end" ? annotation.clicks[annotation.clicks.length - 1] : annotation.clicks[0];
}
