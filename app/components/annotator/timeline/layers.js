/**
 * The two drawn layers of the timeline, lane by lane: what changes with the view (axis, strip, curves), and what changes
 * with an edit (labels, proposals). What changes with every frame is not drawn but moved: overlay.js.
 *
 * @typedef {import("./timeline.js").Timeline} Timeline
 * @typedef {import("./timeline.js").Scene} Scene
 * @typedef {import("./timeline.js").Curves} Curves
 * @typedef {import("./spans.js").Box} Box
 */
import { clockText } from "../format.js";
import * as paint from "./paint.js";
import { columnsOf } from "./curves.js";
import { annotationBoxes, coverageBand, drawBox, proposalBoxes } from "./spans.js";
import { drawClass } from "./traces.js";

/** @param {CanvasRenderingContext2D} c @param {Timeline} timeline @param {Scene} scene */
export function drawBase(c, timeline, scene) {
  const { width, height } = timeline.room;
  for (const lane of timeline.layout.lanes) {
    if (lane.kind === "axis") paint.axis(c, timeline.theme, lane, timeline.view, timeline.origin);
    if (lane.kind === "strip") {
      paint.gutter(c, timeline.theme, lane, "Frames");
      if (scene.strip && scene.stripInfo) paint.strip(c, timeline.theme, lane, timeline.view, scene.strip, scene.stripInfo);
    }
    if (lane.kind !== "curve") paint.rule(c, timeline.theme, lane.y + lane.height, width);
  }
  c.save();
  c.beginPath();
  c.rect(0, timeline.layout.curvesTop, width, height - timeline.layout.curvesTop);
  c.clip();
  if (scene.curves) drawCurves(c, timeline, scene, scene.curves);
  else paint.words(c, timeline.theme, scene.note, timeline.view.left, timeline.layout.curvesTop + 30, timeline.view.width, timeline.theme.dim);
  c.restore();
}

/** @param {CanvasRenderingContext2D} c @param {Timeline} timeline @param {Scene} scene @param {Curves} curves */
function drawCurves(c, timeline, scene, curves) {
  const { room: { width, height, scale }, theme, view, layout: { curvesTop } } = timeline;
  const lanes = timeline.layout.lanes.filter((lane) => lane.kind === "curve" && lane.y < height && lane.y + lane.height > curvesTop);
  const [wide, tall] = [Math.floor(view.width * scale), Math.ceil((height - curvesTop) * scale)];
  if (wide < 1 || tall < 1) return;
  const raster = timeline.rasterOf(wide, tall);
  const shown = { curves, columns: columnsOf(curves, view, wide) };
  const before = scene.before && { curves: scene.before, columns: columnsOf(scene.before, view, wide) };
  const [ink, grey, ground] = [theme.ink, theme.hatch, theme.lane].map(paint.pixelOf);
  raster.clear(ground);
  for (const { y, height: high, name = "" } of lanes) {
    const colour = scene.colourOf(name);
    const [fill, line] = [colour, paint.lineColour(colour, theme)].map(paint.pixelOf);
    drawClass(raster, { y: Math.round((y - curvesTop) * scale), height: Math.round(high * scale), name }, { shown, before, scale, ink, grey, fill, line });
  }
  raster.show(c, Math.round(view.left * scale), Math.round(curvesTop * scale));
  for (const lane of lanes) {
    paint.gutter(c, theme, lane, lane.name ?? "", "CAS, threshold");
    paint.rule(c, theme, lane.y + lane.height, width);
  }
  if (timeline.layout.overflow > 0) drawScrollbar(c, timeline);
}

/** @param {CanvasRenderingContext2D} c @param {Timeline} timeline */
function drawScrollbar(c, timeline) {
  const room = timeline.room.height - timeline.layout.curvesTop;
  const all = room + timeline.layout.overflow;
  c.fillStyle = timeline.theme.hatch;
  paint.box(c, timeline.room.width - 5, timeline.layout.curvesTop + (timeline.scroll / all) * room, 4, (room / all) * room, 2);
  c.fill();
}

/** @param {CanvasRenderingContext2D} c @param {Timeline} timeline @param {Scene} scene */
export function drawMarks(c, timeline, scene) {
  /** @type {Box[]} */
  const boxes = [];
  const { colourOf, selection } = scene;
  for (const lane of timeline.layout.lanes) {
    if (lane.kind === "minimap") paint.minimap(c, timeline.theme, lane, timeline.view, overview(timeline, scene));
    if (lane.kind === "labels") {
      drawCoverage(c, timeline, scene, lane);
      boxes.push(...annotationBoxes(scene.annotations, lane, timeline.view, colourOf, selection));
    }
    if (lane.kind === "proposals") {
      paint.gutter(c, timeline.theme, lane, "Proposals", scene.runTitle);
      boxes.push(...proposalBoxes(scene.proposals, lane, timeline.view, colourOf, selection, scene.strengthOf));
    }
  }
  c.save();
  c.beginPath();
  c.rect(timeline.view.left - 4, 0, timeline.view.width + 8, timeline.room.height);
  c.clip();
  for (const span of boxes) drawBox(c, timeline.theme, span);
  c.restore();
  return boxes;
}

/** @param {CanvasRenderingContext2D} c @param {Timeline} timeline @param {Scene} scene @param {import("./lanes.js").Lane} lane */
function drawCoverage(c, timeline, scene, lane) {
  const until = scene.checkedAll[0]?.[0] === timeline.view.first ? scene.checkedAll[0][1] : null;
  const note = until === null ? (scene.checkedAll.length ? "partly checked" : "unchecked")
    : until >= timeline.view.last ? "all checked" : `checked to ${clockText(until - timeline.origin, 0)}`;
  paint.gutter(c, timeline.theme, lane, "Labels", note);
  const band = coverageBand(lane);
  if (timeline.hatch) paint.coverage(c, timeline.theme, timeline.view, band.y, band.height, timeline.hatch, scene.checkedSome, scene.checkedAll);
  for (const [start, end] of scene.ambiguous) {
    const [x0, x1] = [Math.max(timeline.view.x(start), timeline.view.left), Math.min(timeline.view.x(end), timeline.view.left + timeline.view.width)];
    if (x1 <= x0) continue;
    c.strokeStyle = timeline.theme.dim;
    c.setLineDash([2, 3]);
    c.strokeRect(x0 + 0.5, lane.y + 4.5, x1 - x0 - 1, lane.height - 8);
    c.setLineDash([]);
  }
}

/** Where the labels are, as shares of the video. @param {Timeline} timeline @param {Scene} scene */
function overview(timeline, scene) {
  const whole = timeline.view.last - timeline.view.first;
  return scene.annotations.map(({ start, end, clicks, label }) => ({
    x0: ((start ?? clicks[0]) - timeline.view.first) / whole, x1: ((end ?? clicks[clicks.length - 1]) - timeline.view.first) / whole, colour: scene.colourOf(label),
  }));
}
