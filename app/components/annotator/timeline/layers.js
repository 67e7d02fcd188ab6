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
import { annotationBoxes, coverageBand, drawBox, proposalBoxes } from "./spans.js";

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
  const { width, height } = timeline.room;
  const columns = paint.columnsFor(curves, timeline.view);
  const columnsBefore = scene.before && paint.columnsFor(scene.before, timeline.view);
  for (const lane of timeline.layout.lanes) {
    if (lane.kind !== "curve" || lane.y > height || lane.y + lane.height < timeline.layout.curvesTop) continue;
    c.save();
    c.beginPath();
    c.rect(timeline.view.left, lane.y, timeline.view.width, lane.height);
    c.clip();
    paint.curve(c, timeline.theme, lane, timeline.view, { curves, before: scene.before, colour: scene.colourOf(lane.name ?? ""), columns, columnsBefore });
    c.restore();
    paint.gutter(c, timeline.theme, lane, lane.name ?? "", "CAS, threshold");
    paint.rule(c, timeline.theme, lane.y + lane.height, width);
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
