/**
 * Where the model is least sure, most doubtful first: at the edges of proposals where the activation crosses its
 * threshold slowly, at proposals of a middling score, and where an activation stays just below the threshold. Pure.
 *
 * A doubt is 1 where activation and threshold meet and 0 where they are as far apart as they ever are for that class in
 * this video (for a missed peak: where it is too low to be worth a look), so that loud and quiet curves share one order.
 *
 * @typedef {import("./types.js").Annotation} Annotation @typedef {import("./types.js").Proposal} Proposal
 * @typedef {import("./types.js").Span} Span @typedef {import("./timeline/curves.js").Curves} Curves
 * @typedef {{kind: "edge" | "score" | "missed", label: string, time: number, doubt: number, margin: number,
 *   proposal: Proposal | null, edge: "start" | "end" | null}} Place `margin`: |s - b| in the model's own units
 */
import { covers } from "./intervals.js";
import { spanOf } from "./timeline/spans.js";

/** Snippets on either side over which an edge's margin is averaged, and within which two places are one. */
const REACH = 2;
/** A peak below the threshold is worth a look if it comes nearer than this share of the class's largest margin. */
const NEARLY = 0.25;

/**
 * @param {object} what
 * @param {Curves} what.curves @param {Proposal[]} what.proposals open ones @param {[number, number]} what.range lowest and highest score
 * @param {Annotation[]} what.annotations @param {(label: string) => Span[]} what.judged merged spans a person has judged for a class
 * @returns {Place[]} most doubtful first
 */
export function uncertainPlaces({ curves, proposals, range, annotations, judged }) {
  const found = curves.classes.flatMap((label) => {
    const gap = gapOf(curves, label);
    const own = proposals.filter((one) => one.label === label);
    return [...edges(curves, gap, own), ...scores(curves, own, range), ...missed(curves, gap, label, own)];
  });
  const reach = (REACH * (curves.edges[curves.n] - curves.edges[0])) / curves.n;
  const open = found.filter((place) => !isSettled(place, annotations, judged(place.label), reach));
  return apart(open.sort((a, b) => b.doubt - a.doubt), reach);
}

/** Activation minus threshold of a class in byte steps, and the largest distance. @param {Curves} curves @param {string} label */
function gapOf(curves, label) {
  const [cas, threshold] = [curves.cas(label), curves.threshold(label)];
  const gap = Int16Array.from({ length: curves.n }, (_, i) => (cas && threshold ? cas[i] - threshold[i] : 0));
  return { gap, largest: gap.reduce((most, value) => Math.max(most, Math.abs(value)), 1) };
}

/** @typedef {{gap: Int16Array, largest: number}} Gap */

/** @param {Curves} curves @param {Gap} gap @param {Proposal[]} proposals @returns {Place[]} */
function edges(curves, { gap, largest }, proposals) {
  return proposals.flatMap((proposal) => /** @type {const} */ (["start", "end"]).map((edge) => {
    const border = curves.snippet(proposal[edge]);
    const [from, to] = [Math.max(0, border - REACH), Math.min(curves.n, border + REACH)];
    const near = gap.subarray(from, Math.max(to, from + 1));
    const margin = near.reduce((sum, value) => sum + Math.abs(value), 0) / near.length;
    return place(curves, { kind: "edge", label: proposal.label, time: proposal[edge], doubt: 1 - margin / largest, margin, proposal, edge });
  }));
}

/** @param {Curves} curves @param {Proposal[]} proposals @param {[number, number]} range @returns {Place[]} */
function scores(curves, proposals, [low, high]) {
  return proposals.map((proposal) => {
    const share = (proposal.score - low) / (high - low || 1);
    return place(curves, { kind: "score", label: proposal.label, time: proposal.start, doubt: 1 - Math.abs(2 * share - 1), margin: 0, proposal, edge: null });
  });
}

/** Peaks just below the threshold that no proposal holds. @param {Curves} curves @param {Gap} gap @param {string} label @param {Proposal[]} proposals @returns {Place[]} */
function missed(curves, { gap, largest }, label, proposals) {
  /** @type {Place[]} */
  const found = [];
  for (let i = 0; i < curves.n; i += 1) {
    const isPeak = gap[i] <= 0 && -gap[i] < NEARLY * largest && gap[i] > (gap[i - 1] ?? -Infinity) && gap[i] >= (gap[i + 1] ?? -Infinity);
    const time = curves.edges[i];
    if (!isPeak || proposals.some(({ start, end }) => start <= time && time < end)) continue;
    found.push(place(curves, { kind: "missed", label, time, doubt: 1 + gap[i] / (NEARLY * largest), margin: -gap[i], proposal: null, edge: null }));
  }
  return found;
}

/** @param {Curves} curves @param {Place} found its margin in byte steps @returns {Place} */
const place = (curves, found) => ({ ...found, margin: (found.margin / 255) * (curves.high - curves.low) });

/** A person has said what happens there. @param {Place} where @param {Annotation[]} annotations @param {Span[]} judged @param {number} reach microseconds */
function isSettled({ label, time, kind }, annotations, judged, reach) {
  if (covers(judged, [time, time + 1])) return true;
  return annotations.some((annotation) => {
    if (annotation.label !== label || annotation.level !== "full") return false;
    const [start, end] = spanOf(annotation);
    if (kind === "edge") return time > start - reach && time < end + reach;
    return time >= start - reach && time < end;
  });
}

/** Of places of one class that lie together only the most doubtful. @param {Place[]} places most doubtful first @param {number} reach @returns {Place[]} */
function apart(places, reach) {
  /** @type {Place[]} */
  const kept = [];
  for (const one of places) {
    if (!kept.some(({ label, time }) => label === one.label && Math.abs(time - one.time) < reach)) kept.push(one);
  }
  return kept;
}

/** What is in doubt, in words. @param {Place} place @returns {string} */
export function placeText({ kind, label, edge, margin, proposal }) {
  const apartText = margin.toFixed(2).replace(/^0/, "");
  if (kind === "edge") return `Does ${label} ${edge} here? s and b are ${apartText} apart.`;
  if (kind === "score") return `Is this ${label}? Score ${(proposal?.score ?? 0).toFixed(2).replace(/^0/, "")}.`;
  return `Is ${label} missed here? It stays ${apartText} below the threshold.`;
}
