/**
 * What moves with every frame, as elements over the canvases: the playhead, the cursor, open marks, the in and out marks
 * and a span being painted. A playing video then moves one element by a transform, which the browser composes without
 * drawing anything anew; a canvas of the same size would be cleared, drawn and uploaded for each frame.
 *
 * @typedef {import("./timeline.js").Timeline} Timeline
 * @typedef {import("./timeline.js").Scene} Scene
 */
import { h } from "../dom.js";
import { coverageBand } from "./spans.js";

/** Pixels beside the time axis that half of the playhead's head needs. */
const MARGIN = 8;
/** An open mark has a thread of at least this length, so that it is seen before the video plays on. */
const SHORTEST_THREAD = 48;

export class Overlay {
  /** @type {{time: number, stub: HTMLElement, thread: HTMLElement}[]} */
  #open = [];
  /** @type {string} */
  #shown = "";

  constructor() {
    const line = (/** @type {string} */ name) => h("i", { class: `needle ${name}`, hidden: true });
    this.cursor = line("cursor");
    this.marks = [line("mark"), line("mark")];
    this.painted = h("i", { class: "painted", hidden: true });
    this.playhead = line("playhead");
    this.threads = h("div", { class: "threads" });
    this.element = h("div", { class: "overlay", "aria-hidden": "true" }, this.painted, this.threads, this.cursor, ...this.marks, this.playhead);
  }

  /** Everything, after the view, the lanes or the marks have changed. @param {Timeline} timeline @param {Scene} scene */
  show(timeline, scene) {
    const { view, layout } = timeline;
    const axis = layout.lanes.find(({ kind }) => kind === "axis");
    Object.assign(this.element.style, { left: `${view.left - MARGIN}px`, width: `${view.width + 2 * MARGIN}px`, top: `${axis?.y ?? 0}px` });
    this.cursor.style.top = `${(axis?.height ?? 0) - 2}px`;
    [scene.marks.in, scene.marks.out].forEach((time, i) => this.#put(this.marks[i], timeline, time === null ? null : view.x(time)));
    this.#showOpen(timeline, scene);
    this.move(timeline);
    this.point(timeline);
    this.paint(timeline);
  }

  /** @param {Timeline} timeline @param {Scene} scene */
  #showOpen({ layout, view }, { open, colourOf }) {
    const wish = open.map(({ label, time }) => `${label}@${time}`).join();
    if (wish !== this.#shown) {
      this.#shown = wish;
      this.#open = open.map(({ label, time }) => {
        const parts = { time, stub: h("i", { class: "stub" }), thread: h("i", { class: "thread" }) };
        parts.stub.style.background = parts.thread.style.borderColor = colourOf(label);
        return parts;
      });
      this.threads.replaceChildren(...this.#open.flatMap(({ stub, thread }) => [thread, stub]));
    }
    const labels = layout.lanes.find(({ kind }) => kind === "labels");
    const axis = layout.lanes.find(({ kind }) => kind === "axis");
    if (labels) Object.assign(this.threads.style, { top: `${labels.y + 6 - (axis?.y ?? 0)}px`, height: `${coverageBand(labels).y - labels.y - 12}px` });
    for (const { time, stub } of this.#open) stub.style.transform = `translateX(${view.x(time) - view.left + MARGIN - 3}px)`;
  }

  /** The playhead, and the threads from open marks to it. @param {Timeline} timeline */
  move(timeline) {
    const { view } = timeline;
    const x = view.x(timeline.playhead);
    this.#put(this.playhead, timeline, x);
    for (const { time, thread } of this.#open) {
      const from = view.x(time);
      const to = Math.abs(x - from) < SHORTEST_THREAD / 2 ? from + SHORTEST_THREAD : x;
      thread.style.transform = `translateX(${Math.min(from, to) - view.left + MARGIN}px)`;
      thread.style.width = `${Math.abs(to - from)}px`;
    }
  }

  /** The line under the pointer. @param {Timeline} timeline */
  point(timeline) {
    this.#put(this.cursor, timeline, timeline.hovered);
  }

  /** What a drag on the coverage lane covers. @param {Timeline} timeline */
  paint({ painting, view, layout }) {
    this.painted.hidden = painting === null;
    if (!painting) return;
    const [x0, x1] = [view.x(Math.min(painting.from, painting.to)), view.x(Math.max(painting.from, painting.to))];
    const top = layout.lanes.find(({ kind }) => kind === "axis")?.y ?? 0;
    Object.assign(this.painted.style, { transform: `translate(${x0 - view.left + MARGIN}px, ${painting.y - top}px)`, width: `${x1 - x0}px` });
  }

  /** @param {HTMLElement} needle @param {Timeline} timeline @param {number | null} x pixels of the timeline; null: nowhere */
  #put(needle, { view }, x) {
    const isSeen = x !== null && x >= view.left - 1 && x <= view.left + view.width + 1;
    if (needle.hidden === isSeen) needle.hidden = !isSeen;
    if (isSeen) needle.style.transform = `translateX(${(x - view.left + MARGIN).toFixed(2)}px)`;
  }
}
