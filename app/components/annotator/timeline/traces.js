/**
 * The curves of the classes, drawn into a raster: gate shaded, the model before in grey, the threshold dashed, the
 * activation in the colour of the class.
 *
 * @typedef {import("./curves.js").Curves} Curves
 * @typedef {import("./curves.js").Columns} Columns
 * @typedef {import("./raster.js").Packed} Packed
 * @typedef {{curves: Curves, columns: Columns}} Run one run, and what of it lies under each column
 */
import { extremes, gatedColumns } from "./curves.js";

/** CSS pixels of a dash, and from one dash to the next. */
const DASH = 4;
const DASHES = 7;

/**
 * @param {import("./raster.js").Raster} raster
 * @param {{y: number, height: number, name: string}} lane its rows of the raster
 * @param {{shown: Run, before: Run | null, scale: number, ink: Packed, grey: Packed, fill: Packed, line: Packed}} what `scale` in device pixels to a CSS pixel
 */
export function drawClass(raster, lane, { shown, before, scale, ink, grey, fill, line }) {
  const [cas, threshold] = [shown.curves.cas(lane.name), shown.curves.threshold(lane.name)];
  if (!cas || !threshold) return;
  const rows = { first: Math.max(0, lane.y), last: Math.min(raster.height, lane.y + lane.height) };
  for (const [from, to] of gatedColumns(cas, threshold, shown.columns)) raster.band(from, to, rows.first, rows.last, fill, 0.2);
  const trace = (/** @type {Run} */ run, /** @type {Uint8Array} */ row, /** @type {number} */ width, /** @type {Packed} */ colour, dash = 0) => {
    const heights = heightsOf(lane, scale, run.curves, shown.curves);
    const { low, high } = extremes(row, run.columns);
    const half = (width * scale) / 2;
    for (let x = 0; x < low.length; x += 1) {
      if (run.columns.from[x] < 0 || (dash && (x / scale) % DASHES >= DASH)) continue;
      raster.bar(x, heights(high[x]) - half, heights(low[x]) + half, rows.first, rows.last, colour);
    }
  };
  const earlier = before?.curves.cas(lane.name);
  if (before && earlier) trace(before, earlier, 1.3, grey);
  trace(shown, threshold, 1.2, ink, DASH);
  trace(shown, cas, 1.8, line);
}

/** Bytes of `curves` to rows of a lane, on the scale of `shown`, so that two runs can be compared. @param {{y: number, height: number}} lane @param {number} scale @param {Curves} curves @param {Curves} shown @returns {(byte: number) => number} */
function heightsOf(lane, scale, curves, shown) {
  const range = shown.high - shown.low || 1;
  const [top, tall] = [lane.y + 8 * scale, lane.height - 16 * scale];
  const [base, step] = [(curves.low - shown.low) / range, (curves.high - curves.low) / 255 / range];
  return (byte) => top + tall * (1 - Math.min(1.04, Math.max(-0.04, base + step * byte)));
}
