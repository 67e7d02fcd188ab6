/** What people and models said, as boxes: where they lie, and how they are drawn. */
import { packed } from "./lanes.js";
import { box, inkOn, lineColour, words } from "./paint.js";

/**
 * @typedef {import("../types.js").Annotation} Annotation
 * @typedef {import("../types.js").Proposal} Proposal
 * @typedef {{type: "annotation" | "proposal", id: string | number, x0: number, x1: number, y0: number, y1: number,
 *   start: number, end: number, colour: string, label: string, canDrag: boolean, isSelected: boolean,
 *   edge: "start" | "end" | null, level: string, strength: number}} Box
 */

const COVERAGE = 12;

/** First and last time said to be inside. @param {Annotation} annotation @returns {import("../types.js").Span} */
export function spanOf({ start, end, clicks }) {
  return start === null || end === null ? [clicks[0], clicks[clicks.length - 1]] : [start, end];
}

/** The part of the labels lane under the spans. @param {import("./lanes.js").Lane} lane */
export const coverageBand = (lane) => ({ y: lane.y + lane.height - COVERAGE - 5, height: COVERAGE });

/**
 * @param {Annotation[]} annotations ascending @param {import("./lanes.js").Lane} lane @param {import("./viewport.js").Viewport} view
 * @param {(label: string) => string} colourOf @param {{id: string | number | null, edge: "start" | "end" | null}} selection
 * @returns {Box[]}
 */
export function annotationBoxes(annotations, lane, view, colourOf, selection) {
  const spans = annotations.map((annotation) => spanOf(annotation));
  const rows = packed(spans.map(([start, end]) => ({ start, end: Math.max(end, start + 1) })), 3);
  const n = Math.max(0, ...rows) + 1;
  const tall = (lane.height - COVERAGE - 12) / n;
  return annotations.flatMap((annotation, i) => {
    const isSelected = annotation.id === selection.id;
    const isClick = annotation.level === "one-segment";
    const [start, end] = spans[i];
    const [a, b] = [view.x(start), view.x(end)];
    if (b < view.left - 12 || a > view.left + view.width + 12) return [];
    const room = isClick ? (isSelected ? 10 : 2) : 0;
    const y0 = lane.y + 6 + rows[i] * tall;
    return [{
      type: "annotation", id: annotation.id, x0: a - room, x1: Math.max(b, a + 1) + room, y0, y1: y0 + tall - (n > 1 ? 1 : 0), start, end,
      colour: colourOf(annotation.label), label: annotation.label, canDrag: !isClick || isSelected, isSelected,
      edge: isSelected ? selection.edge : null, level: annotation.level, strength: 1,
    }];
  });
}

/**
 * What the lane has room for: a proposal that mostly lies under a stronger one is found in the list and by Tab only.
 * @param {Proposal[]} proposals best first @param {string | number | null} selected always shown
 * @returns {Proposal[]} best first
 */
export function uncovered(proposals, selected) {
  /** @type {Proposal[]} */
  const shown = [];
  for (const one of proposals) {
    const isUnder = shown.some(({ start, end }) => {
      const shared = Math.min(end, one.end) - Math.max(start, one.start);
      return 2 * shared > Math.min(end - start, one.end - one.start);
    });
    if (!isUnder || one.id === selected) shown.push(one);
  }
  return shown;
}

/**
 * @param {Proposal[]} proposals open ones, best first @param {import("./lanes.js").Lane} lane @param {import("./viewport.js").Viewport} view
 * @param {(label: string) => string} colourOf @param {{id: string | number | null, edge: "start" | "end" | null}} selection
 * @param {(proposal: Proposal) => number} strengthOf 0 to 1
 * @returns {Box[]} weakest first, so that a strong one lies on top
 */
export function proposalBoxes(proposals, lane, view, colourOf, selection, strengthOf) {
  const seen = proposals.filter(({ start, end }) => end >= view.start && start <= view.end);
  return uncovered(seen, selection.id).reverse().map((proposal) => ({
    type: "proposal", id: proposal.id, x0: view.x(proposal.start), x1: view.x(proposal.end), y0: lane.y + 7, y1: lane.y + lane.height - 8,
    start: proposal.start, end: proposal.end, colour: colourOf(proposal.label), label: proposal.label, canDrag: proposal.id === selection.id,
    isSelected: proposal.id === selection.id, edge: proposal.id === selection.id ? selection.edge : null, level: "full", strength: strengthOf(proposal),
  }));
}

/** @param {CanvasRenderingContext2D} c @param {import("./paint.js").Theme} theme @param {Box} span */
export function drawBox(c, theme, span) {
  if (span.type === "proposal") drawProposal(c, theme, span);
  else if (span.level === "one-segment") drawClick(c, theme, span);
  else drawSegment(c, theme, span);
  if (span.isSelected) drawSelection(c, theme, span);
}

/** @param {CanvasRenderingContext2D} c @param {import("./paint.js").Theme} theme @param {Box} span */
function drawProposal(c, theme, { x0, x1, y0, y1, colour, strength }) {
  const width = Math.max(2, x1 - x0);
  c.fillStyle = colour;
  c.strokeStyle = lineColour(colour, theme);
  c.globalAlpha = 0.1 + 0.8 * strength;
  box(c, x0, y0, width, y1 - y0);
  c.fill();
  c.globalAlpha = 0.45 + 0.55 * strength;
  c.lineWidth = 1;
  c.stroke();
  c.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} c @param {import("./paint.js").Theme} theme @param {Box} span */
function drawClick(c, theme, { x0, x1, y0, y1, colour, isSelected }) {
  const x = (x0 + x1) / 2;
  c.fillStyle = colour;
  box(c, x - 1.75, y0, 3.5, y1 - y0, 2);
  c.fill();
  if (!isSelected) return;
  c.fillStyle = theme.accent; // handles: pull either side out, and the click becomes a boundary
  for (const [edge, tip] of [[x0, -3], [x1, 3]]) {
    const middle = (y0 + y1) / 2;
    c.beginPath();
    c.moveTo(edge - tip, middle - 4);
    c.lineTo(edge, middle);
    c.lineTo(edge - tip, middle + 4);
    c.fill();
  }
}

/** Two clicks are paler than a full instance, and have ticks where they were set. @param {CanvasRenderingContext2D} c @param {import("./paint.js").Theme} theme @param {Box} span */
function drawSegment(c, theme, { x0, x1, y0, y1, colour, level, label }) {
  const width = Math.max(2.5, x1 - x0);
  c.fillStyle = colour;
  c.globalAlpha = level === "two-segment" ? 0.62 : 1;
  box(c, x0, y0, width, y1 - y0);
  c.fill();
  c.globalAlpha = 1;
  if (level === "two-segment") {
    for (const x of [x0 - 1, x0 + width - 2]) {
      box(c, x, y0 - 2, 3, y1 - y0 + 4, 1.5);
      c.fill();
    }
  }
  if (width > 44 && y1 - y0 > 15) words(c, theme, label, x0 + 7, (y0 + y1) / 2 + 4, width - 12, level === "two-segment" ? theme.ink : inkOn(colour));
}

/** @param {CanvasRenderingContext2D} c @param {import("./paint.js").Theme} theme @param {Box} span */
function drawSelection(c, theme, { x0, x1, y0, y1, edge, level }) {
  c.strokeStyle = theme.accent;
  c.lineWidth = 2;
  if (level !== "one-segment") {
    box(c, x0 - 2, y0 - 2, Math.max(2.5, x1 - x0) + 4, y1 - y0 + 4, 5);
    c.stroke();
  }
  if (edge === null) return;
  c.fillStyle = theme.accent;
  box(c, (edge === "start" ? x0 : x1) - 3, y0 - 3, 6, y1 - y0 + 6, 3);
  c.fill();
}
