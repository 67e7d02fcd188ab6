/** What nobody has said anything of yet: the spans that reviewing plays. Pure. */
import { merged, removed } from "./intervals.js";
import { spanOf } from "./timeline/spans.js";

/** Shorter than this is the rim of an instance, not a gap (microseconds). */
const SHORTEST = 200_000;

/**
 * @param {import("./types.js").Span} extent of the video
 * @param {import("./types.js").Annotation[]} annotations clicks have no width: what lies between two of one instance is labelled, around one it is not
 * @param {import("./types.js").Span[]} checked merged, judged for every class
 * @returns {import("./types.js").Span[]} ascending
 */
export function gapsOf(extent, annotations, checked) {
  const said = merged([...checked, ...annotations.map(spanOf)]);
  const left = said.reduce((spans, span) => removed(spans, span), [extent]);
  return left.filter(([start, end]) => end - start >= Math.min(SHORTEST, extent[1] - extent[0]));
}

/** Those that lie ahead of a time, the one it is in from there on; all of them if none lies ahead. @param {import("./types.js").Span[]} gaps @param {number} time @returns {import("./types.js").Span[]} */
export function ahead(gaps, time) {
  const left = gaps.filter(([, end]) => end > time).map(([start, end]) => /** @type {import("./types.js").Span} */ ([Math.max(start, time), end]));
  const wide = left.filter(([start, end]) => end - start >= SHORTEST);
  return wide.length ? wide : gaps;
}
