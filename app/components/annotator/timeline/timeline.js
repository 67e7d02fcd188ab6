/**
 * The timeline: three canvases over each other, each redrawn only when something on it has changed. What is drawn comes
 * from `scene`, what the pointer does goes to `actions`; the view (zoom, pan, scroll) is the timeline's own.
 *
 * @typedef {import("../types.js").Annotation} Annotation
 * @typedef {import("../types.js").Proposal} Proposal
 * @typedef {import("../types.js").Span} Span
 * @typedef {import("./curves.js").Curves} Curves
 * @typedef {import("./spans.js").Box} Box
 * @typedef {import("./pointer.js").Touch} Touch
 *
 * @typedef {object} Scene all the timeline shows
 * @property {Annotation[]} annotations ascending @property {Proposal[]} proposals open ones, best first
 * @property {{id: string | number | null, edge: "start" | "end" | null}} selection
 * @property {Span[]} checkedAll @property {Span[]} checkedSome @property {Span[]} ambiguous
 * @property {(label: string) => string} colourOf @property {(proposal: Proposal) => number} strengthOf
 * @property {string[]} classes whose curves are shown, in their order
 * @property {Curves | null} curves @property {Curves | null} before
 * @property {string} runTitle @property {string} beforeTitle @property {string} note shown where curves would be
 * @property {CanvasImageSource | null} strip @property {import("../types.js").Strip | null} stripInfo
 * @property {{label: string, time: number}[]} open @property {{in: number | null, out: number | null}} marks
 *
 * @typedef {object} Actions what the pointer asks for; all times microseconds
 * @property {(time: number) => void} seek
 * @property {(box: Box | null, edge: "start" | "end" | null) => void} select
 * @property {(box: Box, edge: "start" | "end" | null, time: number) => Annotation | null} shaped what a drag would make; null: it cannot
 * @property {(box: Box, annotation: Annotation) => void} shape commits that
 * @property {(time: number, name: string | null) => void} add double click; `name` on a curve
 * @property {(box: Box) => void} accept @property {(span: Span, isJudged: boolean) => void} cover
 * @property {(box: Box) => string} describe
 */
import { h } from "../dom.js";
import { clockText } from "../format.js";
import { Hover } from "./hover.js";
import { GUTTER, hit, layOut } from "./lanes.js";
import * as paint from "./paint.js";
import { listen } from "./pointer.js";
import { annotationBoxes, coverageBand, drawBox, proposalBoxes } from "./spans.js";
import { Viewport } from "./viewport.js";

const COLOURS = ["ink", "dim", "line", "lane", "hatch", "checked", "accent", "bg"];
const NEAR = { mouse: 6, touch: 16 };

export class Timeline {
  /** How long each redraw took, milliseconds, newest last. For benchmarks/annotator.py. @type {number[]} */
  drawn = [];

  /** @type {Scene | null} */ #scene = null;
  /** @type {Box[]} */ #boxes = [];
  /** @type {Set<"base" | "marks" | "overlay">} */ #dirty = new Set();
  #frame = 0;
  #scroll = 0;
  #playhead = 0;
  #room = { width: 0, height: 0, scale: 1 };
  /** @type {number | null} */ #hovered = null;
  /** @type {{y: number, from: number, to: number} | null} */ #painting = null;
  /** @type {import("./paint.js").Theme} */ #theme;
  #listeners = new AbortController();

  /** @param {{origin: number, end: number, actions: Actions, values: ConstructorParameters<typeof Hover>[0]}} options */
  constructor({ origin, end, actions, values }) {
    this.origin = origin;
    this.actions = actions;
    this.view = new Viewport(origin, end);
    this.hover = new Hover(values);
    const canvas = (/** @type {string} */ name) => /** @type {HTMLCanvasElement} */ (h("canvas", { class: `layer ${name}`, "aria-hidden": "true" }));
    this.base = canvas("base");
    this.marks = canvas("marks");
    this.overlay = canvas("overlay");
    this.element = h("div", { class: "timeline", role: "application", "aria-label": "Timeline", tabindex: "-1" }, this.base, this.marks, this.overlay, this.hover.element);
    this.#theme = /** @type {import("./paint.js").Theme} */ ({});
    this.layout = layOut({ height: 0, hasStrip: false, hasProposals: false, classes: [], scroll: 0 });
    this.sizes = new ResizeObserver(() => this.#resized());
    this.sizes.observe(this.element);
    listen(this.element, this.#gestures(), this.#listeners.signal);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.readTheme(), { signal: this.#listeners.signal });
  }

  destroy() {
    this.sizes.disconnect();
    this.#listeners.abort();
    cancelAnimationFrame(this.#frame);
    this.hover.hide();
  }

  /** @param {Scene} scene */
  show(scene) {
    const before = this.#scene;
    this.#scene = scene;
    const isSame = before && before.curves === scene.curves && before.before === scene.before && before.strip === scene.strip
      && before.note === scene.note && String(before.classes) === String(scene.classes) && !before.stripInfo === !scene.stripInfo;
    this.#lay();
    if (isSame) this.#redraw("marks", "overlay");
    else this.#redraw("base", "marks", "overlay");
  }

  /** @param {number} time @param {boolean} isPlaying */
  setPlayhead(time, isPlaying) {
    const hasMoved = time !== this.#playhead; // a view panned away from a standing playhead stays there
    this.#playhead = time;
    if (hasMoved && this.view.follow(time, isPlaying)) this.#moved();
    else this.#redraw("overlay");
  }

  /** @param {number} factor around the playhead if it is in view, else around the middle */
  zoom(factor) {
    const { start, end } = this.view;
    const isSeen = this.#playhead >= start && this.#playhead <= end;
    this.view.zoom(factor, isSeen ? this.#playhead : (start + end) / 2);
    this.#moved();
  }

  fit() {
    this.view.fit();
    this.#moved();
  }

  /** Show a span, with some room, if any of it is out of view. @param {number} start @param {number} end */
  reveal(start, end) {
    if (start >= this.view.start && end <= this.view.end) return;
    const span = Math.max(this.view.span, 1.5 * (end - start));
    this.view.show((start + end - span) / 2, span);
    this.#moved();
  }

  /** Scroll the curves so that a class is in view. @param {string} name */
  revealClass(name) {
    const lane = this.layout.lanes.find((one) => one.kind === "curve" && one.name === name);
    if (!lane) return;
    const above = lane.y - this.layout.curvesTop;
    const below = lane.y + lane.height - this.#room.height;
    if (above < 0 || below > 0) this.#scrollBy(above < 0 ? above : below);
  }

  /** Colours of the page, as the canvas understands them. */
  readTheme() {
    const probe = h("i", { hidden: true });
    this.element.append(probe);
    const colours = COLOURS.map((name) => {
      probe.style.color = `var(--${name})`;
      return [name, getComputedStyle(probe).color];
    });
    const font = getComputedStyle(this.element).fontFamily;
    probe.remove();
    this.#theme = /** @type {import("./paint.js").Theme} */ ({ ...Object.fromEntries(colours), font });
    this.hatch = paint.hatching(this.#theme, this.#room.scale);
    this.#redraw("base", "marks", "overlay");
  }

  /** Draw what is dirty now, not at the next frame; for benchmarks. @param {...("base" | "marks" | "overlay")} layers */
  drawNow(...layers) {
    layers.forEach((layer) => this.#dirty.add(layer));
    this.#draw();
  }

  #resized() {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (width === 0 || height === 0) return;
    this.#room = { width, height, scale: Math.min(3, devicePixelRatio || 1) };
    for (const canvas of [this.base, this.marks, this.overlay]) {
      canvas.width = Math.round(width * this.#room.scale);
      canvas.height = Math.round(height * this.#room.scale);
    }
    this.view.left = GUTTER;
    this.view.width = Math.max(1, width - GUTTER - 6);
    this.#lay();
    this.readTheme();
    this.#draw(); // at once: a resized canvas is empty, and must not be seen so
  }

  #lay() {
    const scene = this.#scene;
    if (!scene) return;
    const classes = scene.curves ? scene.classes : [];
    this.layout = layOut({ height: this.#room.height, hasStrip: scene.stripInfo !== null, hasProposals: scene.runTitle !== "", classes, scroll: this.#scroll });
    this.#scroll = Math.min(this.#scroll, this.layout.overflow);
    Object.assign(this.element.dataset, { start: Math.round(this.view.start), end: Math.round(this.view.end), left: this.view.left, width: this.view.width });
    this.element.dataset.lanes = JSON.stringify(this.layout.lanes);
  }

  #moved() {
    this.#lay();
    this.#redraw("base", "marks", "overlay");
  }

  /** @param {number} pixels */
  #scrollBy(pixels) {
    this.#scroll = Math.min(Math.max(0, this.#scroll + pixels), this.layout.overflow);
    this.#moved();
  }

  /** @param {...("base" | "marks" | "overlay")} layers */
  #redraw(...layers) {
    layers.forEach((layer) => this.#dirty.add(layer));
    if (!this.#frame) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (!this.#scene || this.#room.width === 0 || !this.#theme.ink) return;
    const began = performance.now();
    if (this.#dirty.has("base")) this.#drawBase(this.#clean(this.base), this.#scene);
    if (this.#dirty.has("marks")) this.#drawMarks(this.#clean(this.marks), this.#scene);
    if (this.#dirty.has("overlay")) this.#drawOverlay(this.#clean(this.overlay), this.#scene);
    this.#dirty.clear();
    this.drawn.push(performance.now() - began);
    if (this.drawn.length > 600) this.drawn.splice(0, 300);
  }

  /** @param {HTMLCanvasElement} canvas */
  #clean(canvas) {
    const c = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    c.setTransform(this.#room.scale, 0, 0, this.#room.scale, 0, 0);
    c.clearRect(0, 0, this.#room.width, this.#room.height);
    return c;
  }

  /** @param {CanvasRenderingContext2D} c @param {Scene} scene */
  #drawBase(c, scene) {
    const { width, height } = this.#room;
    for (const lane of this.layout.lanes) {
      if (lane.kind === "axis") paint.axis(c, this.#theme, lane, this.view, this.origin);
      if (lane.kind === "strip") {
        paint.gutter(c, this.#theme, lane, "Frames");
        if (scene.strip && scene.stripInfo) paint.strip(c, this.#theme, lane, this.view, scene.strip, scene.stripInfo);
      }
      if (lane.kind !== "curve") paint.rule(c, this.#theme, lane.y + lane.height, width);
    }
    c.save();
    c.beginPath();
    c.rect(0, this.layout.curvesTop, width, height - this.layout.curvesTop);
    c.clip();
    if (scene.curves) this.#drawCurves(c, scene, scene.curves);
    else paint.words(c, this.#theme, scene.note, this.view.left, this.layout.curvesTop + 30, this.view.width, this.#theme.dim);
    c.restore();
  }

  /** @param {CanvasRenderingContext2D} c @param {Scene} scene @param {Curves} curves */
  #drawCurves(c, scene, curves) {
    const { width, height } = this.#room;
    const columns = paint.columnsFor(curves, this.view);
    const columnsBefore = scene.before && paint.columnsFor(scene.before, this.view);
    for (const lane of this.layout.lanes) {
      if (lane.kind !== "curve" || lane.y > height || lane.y + lane.height < this.layout.curvesTop) continue;
      c.save();
      c.beginPath();
      c.rect(this.view.left, lane.y, this.view.width, lane.height);
      c.clip();
      paint.curve(c, this.#theme, lane, this.view, { curves, before: scene.before, colour: scene.colourOf(lane.name ?? ""), columns, columnsBefore });
      c.restore();
      paint.gutter(c, this.#theme, lane, lane.name ?? "", "CAS, threshold");
      paint.rule(c, this.#theme, lane.y + lane.height, width);
    }
    if (this.layout.overflow > 0) this.#drawScrollbar(c);
  }

  /** @param {CanvasRenderingContext2D} c */
  #drawScrollbar(c) {
    const room = this.#room.height - this.layout.curvesTop;
    const all = room + this.layout.overflow;
    c.fillStyle = this.#theme.hatch;
    paint.box(c, this.#room.width - 5, this.layout.curvesTop + (this.#scroll / all) * room, 4, (room / all) * room, 2);
    c.fill();
  }

  /** @param {CanvasRenderingContext2D} c @param {Scene} scene */
  #drawMarks(c, scene) {
    this.#boxes = [];
    const { colourOf, selection } = scene;
    for (const lane of this.layout.lanes) {
      if (lane.kind === "minimap") paint.minimap(c, this.#theme, lane, this.view, this.#overview(scene));
      if (lane.kind === "labels") {
        this.#drawCoverage(c, scene, lane);
        this.#boxes.push(...annotationBoxes(scene.annotations, lane, this.view, colourOf, selection));
      }
      if (lane.kind === "proposals") {
        paint.gutter(c, this.#theme, lane, "Proposals", scene.runTitle);
        this.#boxes.push(...proposalBoxes(scene.proposals, lane, this.view, colourOf, selection, scene.strengthOf));
      }
    }
    c.save();
    c.beginPath();
    c.rect(this.view.left - 4, 0, this.view.width + 8, this.#room.height);
    c.clip();
    for (const span of this.#boxes) drawBox(c, this.#theme, span);
    c.restore();
  }

  /** @param {CanvasRenderingContext2D} c @param {Scene} scene @param {import("./lanes.js").Lane} lane */
  #drawCoverage(c, scene, lane) {
    const until = scene.checkedAll[0]?.[0] === this.view.first ? scene.checkedAll[0][1] : null;
    const note = until === null ? (scene.checkedAll.length ? "partly checked" : "unchecked")
      : until >= this.view.last ? "all checked" : `checked to ${clockText(until - this.origin, 0)}`;
    paint.gutter(c, this.#theme, lane, "Labels", note);
    const band = coverageBand(lane);
    if (this.hatch) paint.coverage(c, this.#theme, this.view, band.y, band.height, this.hatch, scene.checkedSome, scene.checkedAll);
    for (const [start, end] of scene.ambiguous) {
      const [x0, x1] = [Math.max(this.view.x(start), this.view.left), Math.min(this.view.x(end), this.view.left + this.view.width)];
      if (x1 <= x0) continue;
      c.strokeStyle = this.#theme.dim;
      c.setLineDash([2, 3]);
      c.strokeRect(x0 + 0.5, lane.y + 4.5, x1 - x0 - 1, lane.height - 8);
      c.setLineDash([]);
    }
  }

  /** @param {Scene} scene */
  #overview(scene) {
    const whole = this.view.last - this.view.first;
    return scene.annotations.map(({ start, end, clicks, label }) => ({
      x0: ((start ?? clicks[0]) - this.view.first) / whole, x1: ((end ?? clicks[clicks.length - 1]) - this.view.first) / whole, colour: scene.colourOf(label),
    }));
  }

  /** @param {CanvasRenderingContext2D} c @param {Scene} scene */
  #drawOverlay(c, scene) {
    const { height } = this.#room;
    const top = this.layout.lanes.find(({ kind }) => kind === "axis")?.y ?? 0;
    const labels = this.layout.lanes.find(({ kind }) => kind === "labels");
    const x = this.view.x(this.#playhead);
    const isSeen = (/** @type {number} */ at) => at >= this.view.left - 1 && at <= this.view.left + this.view.width + 1;
    if (labels) for (const mark of scene.open) this.#drawOpen(c, labels, mark, scene.colourOf(mark.label), x);
    c.fillStyle = c.strokeStyle = this.#theme.accent;
    for (const time of [scene.marks.in, scene.marks.out]) {
      if (time === null || !isSeen(this.view.x(time))) continue;
      c.setLineDash([5, 3]);
      c.strokeRect(this.view.x(time), top, 0, height - top);
      c.setLineDash([]);
    }
    if (this.#painting) {
      c.globalAlpha = 0.35;
      c.fillRect(this.view.x(this.#painting.from), this.#painting.y, this.view.x(this.#painting.to) - this.view.x(this.#painting.from), 12);
      c.globalAlpha = 1;
    }
    if (this.#hovered !== null && isSeen(this.#hovered)) {
      c.globalAlpha = 0.4;
      c.fillRect(Math.round(this.#hovered), top + 26, 1, height);
      c.globalAlpha = 1;
    }
    if (!isSeen(x)) return;
    c.fillRect(x - 1, top, 2, height - top);
    c.beginPath();
    c.moveTo(x - 6.5, top);
    c.lineTo(x + 6.5, top);
    c.lineTo(x, top + 11);
    c.fill();
  }

  /** @param {CanvasRenderingContext2D} c @param {import("./lanes.js").Lane} lane @param {{time: number}} mark @param {string} colour @param {number} playhead */
  #drawOpen(c, lane, mark, colour, playhead) {
    const x = this.view.x(mark.time);
    const [y0, y1] = [lane.y + 6, coverageBand(lane).y - 6];
    c.save();
    c.beginPath();
    c.rect(this.view.left - 2, lane.y, this.view.width + 4, lane.height);
    c.clip();
    c.fillStyle = c.strokeStyle = colour;
    paint.box(c, Math.min(x, x - 3), y0, 6, y1 - y0, 2);
    c.fill();
    c.setLineDash([4, 3]);
    c.lineWidth = 2;
    c.beginPath();
    c.moveTo(x, (y0 + y1) / 2);
    c.lineTo(Math.abs(playhead - x) < 24 ? x + 48 : playhead, (y0 + y1) / 2);
    c.stroke();
    c.restore();
  }

  /** @param {{y: number}} at */
  #laneAt({ y }) {
    return this.layout.lanes.find((lane) => y >= lane.y && y < lane.y + lane.height && (lane.kind !== "curve" || y >= this.layout.curvesTop)) ?? null;
  }

  /** @param {Touch} at */
  #hit(at) {
    return hit(this.#boxes, at.x, at.y, at.isTouch ? NEAR.touch : NEAR.mouse);
  }

  /** @param {number} x */
  #timeAt(x) {
    return Math.min(Math.max(this.view.time(x), this.view.first), this.view.last);
  }

  /** @returns {import("./pointer.js").Gestures} */
  #gestures() {
    return {
      press: (at) => this.#press(at),
      tap: (at) => this.#tap(at),
      doubleTap: (at) => this.#doubleTap(at),
      hover: (at) => this.#hover(at),
      wheel: (at, deltaX, deltaY, isZoom) => this.#wheel(at, deltaX, deltaY, isZoom),
      pinch: (factor, x, moved) => {
        this.view.zoom(factor, this.view.time(x));
        this.view.pan((-moved / this.view.width) * this.view.span);
        this.#moved();
      },
    };
  }

  /** @param {Touch} at @returns {import("./pointer.js").Drag} */
  #press(at) {
    this.hover.hide();
    const found = this.#hit(at);
    const lane = this.#laneAt(at);
    if (found && (found.edge !== null || found.box.level === "one-segment")) return this.#reshape(found.box, found.edge);
    if (lane?.kind === "axis" || lane?.kind === "strip") return this.#scrub();
    if (lane?.kind === "minimap") return this.#carry(at, -(this.view.last - this.view.first));
    if (lane?.kind === "labels" && at.y >= coverageBand(lane).y - 2) return this.#cover(at, coverageBand(lane).y);
    return this.#carry(at, this.view.span);
  }

  /** Pull an edge; the picture follows it. @param {Box} box @param {"start" | "end" | null} edge @returns {import("./pointer.js").Drag} */
  #reshape(box, edge) {
    const scene = this.#scene;
    /** @type {Annotation | null} */
    let shaped = null;
    return {
      move: (at) => {
        shaped = this.actions.shaped(box, edge, this.#timeAt(at.x));
        if (!shaped || !scene) return;
        const others = scene.annotations.filter(({ id }) => id !== shaped?.id);
        this.show({ ...scene, annotations: [...others, shaped], selection: { id: shaped.id, edge } });
      },
      drop: () => {
        if (shaped) this.actions.shape(box, shaped);
        else if (scene) this.show(scene);
      },
      cancel: () => scene && this.show(scene),
    };
  }

  /** @returns {import("./pointer.js").Drag} */
  #scrub() {
    const move = (/** @type {Touch} */ at) => this.actions.seek(this.#timeAt(at.x));
    return { move, drop: move, cancel: () => {} };
  }

  /** Pan: the ground goes with the pointer; on the minimap the window does. @param {Touch} from @param {number} span microseconds to the width, negative for the minimap @returns {import("./pointer.js").Drag} */
  #carry(from, span) {
    const start = this.view.start;
    const move = (/** @type {Touch} */ at) => {
      this.view.show(start - ((at.x - from.x) / this.view.width) * span, this.view.span);
      this.#moved();
    };
    return { move, drop: () => {}, cancel: () => {} };
  }

  /** Paint what was judged; with Alt, take it back. @param {Touch} from @param {number} y @returns {import("./pointer.js").Drag} */
  #cover(from, y) {
    const start = this.#timeAt(from.x);
    return {
      move: (at) => {
        this.#painting = { y, from: start, to: this.#timeAt(at.x) };
        this.#redraw("overlay");
      },
      drop: (at) => {
        this.#painting = null;
        const end = this.#timeAt(at.x);
        this.actions.cover(start < end ? [start, end] : [end, start], !at.alt);
        this.#redraw("overlay");
      },
      cancel: () => {
        this.#painting = null;
        this.#redraw("overlay");
      },
    };
  }

  /** @param {Touch} at */
  #tap(at) {
    const lane = this.#laneAt(at);
    if (at.x < GUTTER - 4) return;
    if (lane?.kind === "minimap") {
      const time = this.view.first + ((at.x - this.view.left) / this.view.width) * (this.view.last - this.view.first);
      this.view.show(time - this.view.span / 2, this.view.span);
      this.#moved();
      return;
    }
    const found = this.#hit(at);
    this.actions.select(found?.box ?? null, found?.edge ?? null);
    if (!found) this.actions.seek(this.#timeAt(at.x));
  }

  /** @param {Touch} at */
  #doubleTap(at) {
    const found = this.#hit(at);
    const lane = this.#laneAt(at);
    if (found?.box.type === "proposal") this.actions.accept(found.box);
    else if (!found && (lane?.kind === "labels" || lane?.kind === "curve")) this.actions.add(this.#timeAt(at.x), lane.name ?? null);
  }

  /** @param {Touch} at @param {number} deltaX @param {number} deltaY @param {boolean} isZoom */
  #wheel(at, deltaX, deltaY, isZoom) {
    this.hover.hide();
    if (at.x < GUTTER - 4 && !isZoom) {
      this.#scrollBy(deltaY);
      return;
    }
    if (deltaY) this.view.zoom(Math.exp(-deltaY * (isZoom ? 0.01 : 0.0022)), this.#timeAt(at.x));
    if (deltaX) this.view.pan((deltaX / this.view.width) * this.view.span);
    this.#moved();
  }

  /** @param {Touch | null} at */
  #hover(at) {
    this.#hovered = at && at.x >= GUTTER && !at.isTouch ? at.x : null;
    this.#redraw("overlay");
    const scene = this.#scene;
    const found = at && this.#hit(at);
    this.element.style.cursor = found?.edge ? "ew-resize" : found ? "pointer" : "";
    if (!at || !scene || this.#hovered === null) {
      this.hover.hide();
      return;
    }
    const lane = this.#laneAt(at);
    const time = this.#timeAt(at.x);
    if (found) {
      this.hover.show(at, this.#room, this.actions.describe(found.box).split("\n").map((line, i) => h("div", { class: i ? "dim" : "" }, line)));
    } else if (lane?.kind === "curve" && scene.curves) {
      const runs = [{ curves: scene.curves, title: scene.runTitle }, ...(scene.before ? [{ curves: scene.before, title: scene.beforeTitle }] : [])];
      this.hover.showValues(at, this.#room, { name: lane.name ?? "", time, origin: this.origin, runs });
    } else if (lane && lane.kind !== "minimap") {
      this.hover.show(at, this.#room, [clockText(time - this.origin, 3)]);
    } else {
      this.hover.hide();
    }
  }
}
