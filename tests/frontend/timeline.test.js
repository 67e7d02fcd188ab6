import assert from "node:assert/strict";
import { test } from "node:test";
import { columnsOf, Curves, extremes, gatedColumns } from "../../app/components/annotator/timeline/curves.js";
import { hit, layOut, packed } from "../../app/components/annotator/timeline/lanes.js";
import { packed as pixel, Raster } from "../../app/components/annotator/timeline/raster.js";
import { lineColour } from "../../app/components/annotator/timeline/paint.js";
import { uncovered } from "../../app/components/annotator/timeline/spans.js";
import { tickStep, Viewport } from "../../app/components/annotator/timeline/viewport.js";

/** @param {number[][]} rows @param {number[]} edges */
function sent(rows, edges, classes = ["Run"]) {
  const header = { run: 6, n_snippets: edges.length - 1, classes, edges, low: 0, high: 1, rows: rows.length };
  const steps = rows.flatMap((row) => row.map((value, i) => (value - (i ? row[i - 1] : 0)) & 255));
  return Uint8Array.from([...new TextEncoder().encode(`${JSON.stringify(header)}\n`), ...steps]).buffer;
}
const curves = Curves.parse(sent([[10, 200, 190, 5], [100, 100, 150, 100]], [0, 10, 20, 30, 40]));

test("rows come back from differences, falling ones too", () => {
  assert.deepEqual([...curves.bytes], [10, 200, 190, 5, 100, 100, 150, 100]);
  assert.deepEqual([...(curves.threshold("Run") ?? [])], [100, 100, 150, 100]);
});

test("one threshold is shared, or each class has its own", () => {
  const two = Curves.parse(sent([[1], [2], [3], [4]], [0, 10], ["Run", "Jump"]));
  assert.deepEqual([...(two.threshold("Jump") ?? [])], [4]);
  const one = Curves.parse(sent([[1], [2], [3]], [0, 10], ["Run", "Jump"]));
  assert.deepEqual([...(one.threshold("Jump") ?? [])], [3]);
});

test("curves that came incomplete are refused", () => {
  assert.throws(() => Curves.parse(sent([[1, 2], [3]], [0, 10, 20])), /3 bytes came, 4 belong/);
});

test("a snippet holds its start and not its end", () => {
  assert.deepEqual([-5, 0, 9, 10, 39, 40].map((time) => curves.snippet(time)), [0, 0, 0, 1, 3, 3]);
});

test("the gate around a time is the run of snippets above the threshold", () => {
  assert.deepEqual(curves.gateAround("Run", 15), [10, 30]);
  assert.equal(curves.gateAround("Run", 35), null);
});

test("no peak is lost however far out", () => {
  const n = 17_000;
  const row = new Uint8Array(n);
  row[12_345] = 255;
  const long = new Curves({ run: 1, n_snippets: n, classes: ["Run"], edges: Array.from({ length: n + 1 }, (_, i) => i * 10), low: 0, high: 1, rows: 1 }, row);
  const view = new Viewport(0, n * 10);
  const columns = columnsOf(long, view, 100);
  const { high } = extremes(row, columns);
  assert.deepEqual([...high.entries()].filter(([, value]) => value > 0), [[Math.floor(123_450 / 1700), 255]]);
  assert.deepEqual(gatedColumns(row, new Uint8Array(n), columns), [[72, 73]]);
});

test("few snippets are joined by a line through their middles, flat to the ends", () => {
  const { low, high } = extremes(curves.row(0), columnsOf(curves, new Viewport(0, 40), 8)); // values 10, 200, 190, 5 at 5, 15, 25, 35
  assert.deepEqual([...low], [10, 10, 105, 195, 190, 97.5, 5, 5]);
  assert.deepEqual([...high], [10, 105, 200, 200, 195, 190, 97.5, 5]);
});

test("a bar covers whole pixels wholly and the others in part", () => {
  const raster = new Raster(2, 4);
  const [white, black] = [pixel([255, 255, 255]), pixel([0, 0, 0])];
  raster.clear(white);
  raster.bar(1, 0.5, 2.25, 0, 3, black);
  const reds = [...raster.pixels].map((pixel) => pixel & 255);
  assert.deepEqual(reds.filter((_, i) => i % 2 === 0), [255, 255, 255, 255]);
  assert.deepEqual(reds.filter((_, i) => i % 2 === 1), [127, 0, 191, 255]);
  raster.bar(0, -5, 9, 2, 3, black);
  assert.equal(raster.pixels[4], black, "cut to its rows");
  assert.equal(raster.pixels[6], white);
});

test("every column of a view zoomed in lies in one snippet", () => {
  const view = new Viewport(0, 40);
  view.start = 12;
  view.end = 18;
  const { from, to } = columnsOf(curves, view, 6);
  assert.deepEqual([[...from], [...to]], [[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1]]);
});

test("zooming keeps the time under the pointer, and the view stays inside the video", () => {
  const view = new Viewport(1_500_000, 11_500_000);
  Object.assign(view, { left: 100, width: 1000 });
  const x = view.x(4e6);
  view.zoom(3, 4e6);
  assert.ok(Math.abs(view.x(4e6) - x) < 1e-6);
  view.pan(-1e9);
  assert.equal(view.start, 1_500_000);
  view.zoom(1e-9, 4e6);
  assert.deepEqual([view.start, view.end], [1_500_000, 11_500_000]);
  view.zoom(1e9, 4e6);
  assert.equal(view.span, 200_000, "no closer than a few frames");
});

test("a playing playhead turns the page, a standing one is brought to the middle", () => {
  const view = new Viewport(0, 100e6);
  view.show(0, 10e6);
  assert.equal(view.follow(10.5e6, true), true);
  assert.equal(view.start, 10e6);
  view.follow(50e6, false);
  assert.equal((view.start + view.end) / 2, 50e6);
  assert.equal(view.follow(50e6, false), false);
});

test("ticks leave their labels room", () => {
  assert.deepEqual([35 / 1256, 10800 / 1256, 0.5 / 1256].map((perPixel) => tickStep(perPixel)), [5, 900, 0.1]);
});

test("few classes share the room, many scroll", () => {
  const wish = { height: 460, hasStrip: true, hasProposals: true, scroll: 0 };
  const few = layOut({ ...wish, classes: ["a", "b"] });
  assert.equal(few.overflow, 0);
  assert.equal(few.lanes.at(-1)?.y, few.curvesTop + few.lanes.at(-1)?.height);
  const none = layOut({ ...wish, classes: [] });
  assert.ok((none.lanes.find(({ kind }) => kind === "labels")?.height ?? 0) > (few.lanes.find(({ kind }) => kind === "labels")?.height ?? 0), "without curves there is room to aim");
  const many = layOut({ ...wish, classes: Array.from({ length: 200 }, (_, i) => `c${i}`), scroll: 1e9 });
  const last = /** @type {any} */ (many.lanes.at(-1));
  assert.equal(last.y + last.height, 460, "scrolled to its end");
});

test("spans that overlap lie in rows of their own", () => {
  assert.deepEqual(packed([{ start: 0, end: 5 }, { start: 2, end: 4 }, { start: 5, end: 6 }, { start: 5, end: 9 }], 3), [0, 1, 0, 1]);
});

test("edges win over bodies, and either side of a thin mark can be taken", () => {
  const box = { x0: 100, x1: 101, y0: 0, y1: 10, canDrag: true };
  assert.equal(hit([box], 96, 5, 6)?.edge, "start");
  assert.equal(hit([box], 105, 5, 6)?.edge, "end");
  assert.equal(hit([{ ...box, x1: 160 }], 130, 5, 6)?.edge, null);
  assert.equal(hit([{ ...box, canDrag: false }], 98, 5, 6)?.edge, null);
  assert.equal(hit([box], 96, 50, 6), null);
});

test("a proposal mostly under a stronger one is not drawn, unless it is selected", () => {
  const of = (id, start, end) => ({ id, label: "jump", start, end, score: 1 - id / 10 });
  const best = of(1, 0, 100), under = of(2, 20, 60), beside = of(3, 90, 200);
  assert.deepEqual(uncovered([best, under, beside], null).map(({ id }) => id), [1, 3]);
  assert.deepEqual(uncovered([best, under, beside], 2).map(({ id }) => id), [1, 2, 3]);
});

test("a class is seen on the ground it is drawn on, whatever its colour", () => {
  const light = /** @type {any} */ ({ bg: "rgb(255, 255, 255)", ink: "rgb(27, 35, 48)" });
  const dark = /** @type {any} */ ({ bg: "rgb(17, 21, 27)", ink: "rgb(231, 235, 240)" });
  const bright = (/** @type {string} */ colour) => (([r, g, b]) => 0.299 * r + 0.587 * g + 0.114 * b)((colour.match(/\d+/g) ?? []).map(Number));
  assert.equal(lineColour("#0072b2", light), "#0072b2", "what can be seen stays as it was chosen");
  assert.ok(bright(lineColour("#f0e442", light)) <= 255 - 69, "yellow on white is darkened");
  assert.ok(bright(lineColour("#00102a", dark)) >= 21 + 69, "navy on black is lightened");
});
