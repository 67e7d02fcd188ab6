/**
 * Sets of time as ascending, disjoint half-open spans. The JavaScript twin of `merged` in wtal_core/domain.py.
 * @typedef {import("./types.js").Span} Span
 */

/**
 * The same time as few disjoint ascending spans; touching ones join, empty ones vanish.
 * @param {Iterable<Span>} spans
 * @returns {Span[]}
 */
export function merged(spans) {
  const ascending = [...spans].filter(([start, end]) => end > start).sort((a, b) => a[0] - b[0]);
  /** @type {Span[]} */
  const joined = [];
  for (const [start, end] of ascending) {
    const last = joined.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else joined.push([start, end]);
  }
  return joined;
}

/** @param {Span[]} spans @param {Span} span @returns {Span[]} */
export const added = (spans, span) => merged([...spans, span]);

/** @param {Span[]} spans @param {Span} hole @returns {Span[]} what is left of `spans` outside `hole` */
export function removed(spans, [from, to]) {
  return merged(spans.flatMap(([start, end]) => /** @type {Span[]} */ ([[start, Math.min(end, from)], [Math.max(start, to), end]])));
}

/** @param {Span[]} a @param {Span[]} b @returns {Span[]} time in both; each must be merged */
export function intersection(a, b) {
  /** @type {Span[]} */
  const both = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const start = Math.max(a[i][0], b[j][0]);
    const end = Math.min(a[i][1], b[j][1]);
    if (end > start) both.push([start, end]);
    if (a[i][1] < b[j][1]) i += 1;
    else j += 1;
  }
  return both;
}

/** @param {Span[]} spans @returns {number} microseconds in disjoint spans */
export const total = (spans) => spans.reduce((sum, [start, end]) => sum + end - start, 0);

/** @param {Span[]} spans @param {Span} span @returns {boolean} whether one merged span holds all of `span` */
export const covers = (spans, [start, end]) => spans.some((span) => span[0] <= start && span[1] >= end);
