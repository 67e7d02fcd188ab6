/** What of a video was on the screen in earlier visits, kept in the browser: leaving a video half-way must not lose it. */

/** @typedef {{id: number | string, annotator: string}} Who @typedef {import("../types.js").Span} Span */

/** @param {Who} who */
const keyOf = ({ id, annotator }) => `wtal:watched:${encodeURIComponent(annotator)}:${id}`;

/** @param {Who} who @param {Storage} [storage] @returns {Span[]} */
export function watchedBefore(who, storage = localStorage) {
  try {
    const spans = JSON.parse(storage.getItem(keyOf(who)) ?? "[]");
    return Array.isArray(spans) ? spans.filter((span) => Array.isArray(span) && span.length === 2 && span.every(Number.isFinite)) : [];
  } catch {
    return [];
  }
}

/** @param {Who} who @param {Span[]} spans merged @param {Storage} [storage] */
export function keepWatched(who, spans, storage = localStorage) {
  try {
    storage.setItem(keyOf(who), JSON.stringify(spans));
  } catch {
    // a full storage only means that the next visit asks before it marks the video complete
  }
}
