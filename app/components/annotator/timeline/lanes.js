/** Where the lanes lie. Pure: sizes in, rectangles out. */

export const GUTTER = 104;
/** Pixels of the labels lane where no curve needs the room. */
const ROOMY = 84;
/** Pixels a curve has at most; a sixth of a very high window is more. */
const TALLEST = 136;

/** @typedef {{kind: "minimap" | "axis" | "strip" | "labels" | "proposals" | "curve", y: number, height: number, name?: string}} Lane */

/**
 * Lanes from top to bottom; the curves share what the others leave, scroll when they are many, and lie between
 * `curvesTop` and the lower edge.
 * @param {object} wish
 * @param {number} wish.height pixels
 * @param {boolean} wish.hasStrip @param {boolean} wish.hasProposals
 * @param {string[]} wish.classes whose curves are shown
 * @param {number} wish.scroll pixels the curves are scrolled by
 * @returns {{lanes: Lane[], curvesTop: number, overflow: number}}
 */
export function layOut({ height, hasStrip, hasProposals, classes, scroll }) {
  const dense = height < 400;
  /** @type {Lane[]} */
  const lanes = [];
  let y = 0;
  const place = (/** @type {Lane["kind"]} */ kind, /** @type {number} */ tall) => {
    lanes.push({ kind, y, height: tall });
    y += tall;
  };
  place("minimap", dense ? 20 : 26);
  place("axis", dense ? 22 : 28);
  if (hasStrip) place("strip", dense ? 44 : 60);
  const usual = dense ? 50 : 60;
  place("labels", classes.length ? usual : Math.max(usual, Math.min(ROOMY, height - y))); // without curves there is room to aim
  if (hasProposals) place("proposals", dense ? 32 : 42);
  const room = Math.max(0, height - y);
  const tall = classes.length ? Math.max(dense ? 54 : 64, Math.min(Math.max(TALLEST, room / 6), room / classes.length)) : 0;
  const overflow = Math.max(0, classes.length * tall - room);
  const offset = Math.min(Math.max(scroll, 0), overflow);
  classes.forEach((name, i) => lanes.push({ kind: "curve", name, y: y + i * tall - offset, height: tall }));
  return { lanes, curvesTop: y, overflow };
}

/**
 * Rows for spans that overlap: each goes to the first row that is free. Spans ascend by start.
 * @param {{start: number, end: number}[]} spans @param {number} rows at most; what finds none free shares the last
 * @returns {number[]} the row of each span
 */
export function packed(spans, rows) {
  const free = new Array(rows).fill(-Infinity);
  return spans.map(({ start, end }) => {
    const row = free.findIndex((until) => until <= start);
    const taken = row < 0 ? rows - 1 : row;
    free[taken] = Math.max(free[taken], end);
    return taken;
  });
}

/**
 * What lies under the pointer. Edges win over bodies, later boxes over earlier ones, and an edge outside a box counts
 * as well, so that a click one pixel wide can be taken by either side.
 * @template {{x0: number, x1: number, y0: number, y1: number, canDrag: boolean}} Box
 * @param {Box[]} boxes @param {number} x @param {number} y @param {number} reach pixels around an edge
 * @returns {{box: Box, edge: "start" | "end" | null} | null}
 */
export function hit(boxes, x, y, reach) {
  const rows = boxes.filter(({ y0, y1 }) => y >= y0 && y <= y1).reverse();
  for (const box of rows.filter(({ canDrag }) => canDrag)) {
    const inside = Math.min(reach, Math.max(1, (box.x1 - box.x0) / 3));
    if (x >= box.x0 - reach && x <= box.x0 + inside) return { box, edge: "start" };
    if (x <= box.x1 + reach && x >= box.x1 - inside) return { box, edge: "end" };
  }
  const box = rows.find(({ x0, x1 }) => x >= x0 - 4 && x <= x1 + 4);
  return box ? { box, edge: null } : null;
}
