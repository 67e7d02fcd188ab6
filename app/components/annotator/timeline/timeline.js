/**
 * The timeline: two canvases over each other, each redrawn only when something on it has changed, and the elements that
 * move with the video over both. What is shown comes from `scene`, what the pointer does goes to `actions`; the view (zoom,
 * pan, scroll) is the timeline's own.
 *
 * @typedef {import("../types.js").Annotation} Annotation
 * @typedef {import("../types.js").Proposal} Proposal
 * @typedef {import("../types.js").Span} Span
 * @typedef {import("./curves.js").Curves} Curves
 * @typedef {import("./spans.js").Box} Box
 * @typedef {import("./pointer.js").Touch} Touch
 *
 * @typedef {object} Scene all the timeline shows
 * @property {Annotation[]} annotations ascending @property {Proposal[]} proposals without a decision, best first, those labelled already last
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
 * @property {(span: Span, name: string | null) => void} draw an instance; `name` on a curve
 * @property {(box: Box) => void} accept @property {(span: Span, isJudged: boolean) => void} cover
 * @property {(box: Box) => string} describe
 */
import { h, zoomOf } from "../dom.js";
import { gesturesOf } from "./gestures.js";
import { Hover } from "./hover.js";
import { GUTTER, layOut } from "./lanes.js";
import { drawBase, drawMarks } from "./layers.js";
import { Overlay } from "./overlay.js";
import { hatching } from "./paint.js";
import { listen } from "./pointer.js";
import { Raster } from "./raster.js";
import { Viewport } from "./viewport.js";

const COLOURS = ["ink", "dim", "line", "lane", "hatch", "checked", "accent", "bg"];

export class Timeline {
  /** How long each redraw took, milliseconds, newest last. For benchmarks/annotator.py. @type {number[]} */
  drawn = [];

  /** @type {Scene | null} */ scene = null;
  /** @type {Box[]} */ boxes = [];
  /** @type {Set<"base" | "marks">} */ #dirty = new Set();
  /** @type {Raster | null} */ #raster = null;
  #frame = 0;
  scroll = 0;
  playhead = 0;
  room = { width: 0, height: 0, scale: 1 };
  /** @type {number | null} */ hovered = null;
  /** @type {{y: number, from: number, to: number} | null} */ painting = null;
  /** @type {import("./paint.js").Theme} */ theme;
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
    this.overlay = new Overlay();
    this.element = h("div", { class: "timeline", role: "application", "aria-label": "Timeline", tabindex: "-1" }, this.base, this.marks, this.overlay.element, this.hover.element);
    this.theme = /** @type {import("./paint.js").Theme} */ ({});
    this.layout = layOut({ height: 0, hasStrip: false, hasProposals: false, classes: [], scroll: 0 });
    this.sizes = new ResizeObserver(() => this.#resized());
    this.sizes.observe(this.element);
    listen(this.element, gesturesOf(this), this.#listeners.signal);
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
    const before = this.scene;
    this.scene = scene;
    const isSame = before && before.curves === scene.curves && before.before === scene.before && before.strip === scene.strip
      && before.note === scene.note && String(before.classes) === String(scene.classes) && !before.stripInfo === !scene.stripInfo;
    this.#lay();
    if (isSame) this.redraw("marks");
    else this.redraw("base", "marks");
  }

  /** @param {number} time @param {boolean} isPlaying */
  setPlayhead(time, isPlaying) {
    const hasMoved = time !== this.playhead; // a view panned away from a standing playhead stays there
    this.playhead = time;
    if (hasMoved && this.view.follow(time, isPlaying)) this.moved();
    else if (hasMoved) this.overlay.move(this);
  }

  /** @param {number} factor around the playhead if it is in view, else around the middle */
  zoom(factor) {
    const { start, end } = this.view;
    const isSeen = this.playhead >= start && this.playhead <= end;
    this.view.zoom(factor, isSeen ? this.playhead : (start + end) / 2);
    this.moved();
  }

  fit() {
    this.view.fit();
    this.moved();
  }

  /** Show a span, with some room, if any of it is out of view. @param {number} start @param {number} end */
  reveal(start, end) {
    if (start >= this.view.start && end <= this.view.end) return;
    const span = Math.max(this.view.span, 1.5 * (end - start));
    this.view.show((start + end - span) / 2, span);
    this.moved();
  }

  /** Scroll the curves so that a class is in view. @param {string} name */
  revealClass(name) {
    const lane = this.layout.lanes.find((one) => one.kind === "curve" && one.name === name);
    if (!lane) return;
    const above = lane.y - this.layout.curvesTop;
    const below = lane.y + lane.height - this.room.height;
    if (above < 0 || below > 0) this.scrollBy(above < 0 ? above : below);
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
    this.theme = /** @type {import("./paint.js").Theme} */ ({ ...Object.fromEntries(colours), font });
    this.hatch = hatching(this.theme, this.room.scale);
    this.redraw("base", "marks");
  }

  /** Draw what is dirty now, not at the next frame; for benchmarks. @param {...("base" | "marks")} layers */
  drawNow(...layers) {
    layers.forEach((layer) => this.#dirty.add(layer));
    this.#draw();
  }

  #resized() {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (width === 0 || height === 0) return;
    this.room = { width, height, scale: Math.min(3, (devicePixelRatio || 1) * zoomOf(this.element)) };
    for (const canvas of [this.base, this.marks]) {
      canvas.width = Math.round(width * this.room.scale);
      canvas.height = Math.round(height * this.room.scale);
    }
    this.view.left = GUTTER;
    this.view.width = Math.max(1, width - GUTTER - 6);
    this.#lay();
    this.readTheme();
    this.#draw(); // at once: a resized canvas is empty, and must not be seen so
  }

  #lay() {
    const scene = this.scene;
    if (!scene) return;
    const classes = scene.curves ? scene.classes : [];
    this.layout = layOut({ height: this.room.height, hasStrip: scene.stripInfo !== null, hasProposals: scene.runTitle !== "", classes, scroll: this.scroll });
    this.scroll = Math.min(this.scroll, this.layout.overflow);
    Object.assign(this.element.dataset, { start: Math.round(this.view.start), end: Math.round(this.view.end), left: this.view.left, width: this.view.width });
    this.element.dataset.lanes = JSON.stringify(this.layout.lanes);
  }

  moved() {
    this.#lay();
    this.redraw("base", "marks");
  }

  /** @param {number} pixels */
  scrollBy(pixels) {
    this.scroll = Math.min(Math.max(0, this.scroll + pixels), this.layout.overflow);
    this.moved();
  }

  /** The picture the curves are drawn into, kept from one redraw to the next. @param {number} width @param {number} height device pixels */
  rasterOf(width, height) {
    if (this.#raster?.width !== width || this.#raster.height !== height) this.#raster = new Raster(width, height);
    return this.#raster;
  }

  /** @param {...("base" | "marks")} layers */
  redraw(...layers) {
    layers.forEach((layer) => this.#dirty.add(layer));
    if (!this.#frame) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (!this.scene || this.room.width === 0 || !this.theme.ink) return;
    const began = performance.now();
    if (this.#dirty.has("base")) drawBase(this.#clean(this.base), this, this.scene);
    if (this.#dirty.has("marks")) this.boxes = drawMarks(this.#clean(this.marks), this, this.scene);
    this.overlay.show(this, this.scene);
    this.#dirty.clear();
    this.drawn.push(performance.now() - began);
    if (this.drawn.length > 600) this.drawn.splice(0, 300);
  }

  /** @param {HTMLCanvasElement} canvas */
  #clean(canvas) {
    const c = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    c.setTransform(this.room.scale, 0, 0, this.room.scale, 0, 0);
    c.clearRect(0, 0, this.room.width, this.room.height);
    return c;
  }
}
