/** The line above the video: which video, at which level, why, how long, and whether it is saved. */
import { h } from "../dom.js";
import { clockText, scoreText, splitTimes } from "../format.js";
import { LEVELS } from "../types.js";

/** @type {Record<import("../types.js").Level, string>} */
export const LEVEL_NAMES = { video: "Video", "one-segment": "One click", "two-segment": "Two clicks", full: "Full" };
/** @type {Record<import("../store/edits.js").SaveState, string>} */
const SAVE_TEXT = { saved: "✓ Saved", saving: "Saving…", "not saved": "Not saved" };

export class Header {
  /**
   * @param {import("../types.js").VideoInfo} info
   * @param {{setLevel: (level: import("../types.js").Level) => void, seek: (time: number) => void, open: (video: number | string) => void}} actions
   */
  constructor(info, actions) {
    this.levels = LEVELS.map((level, i) =>
      h("button", { type: "button", role: "radio", "data-level": level, title: `Alt+${i + 1}`, onclick: () => actions.setLevel(level) }, LEVEL_NAMES[level]),
    );
    this.phi = h("span", { class: "phi", title: "Active annotation time on this video, and its ratio to the duration" });
    this.saved = h("span", { class: "saved", role: "status", "aria-live": "polite" });
    this.complete = h("span", { class: "chip complete", hidden: true }, "complete");
    this.duration = info.duration;
    this.element = h("header", { class: "top" },
      h("h1", { title: info.name }, h("bdi", {}, info.name)),
      h("span", { class: "chip place" },
        neighbour("‹", "Previous video", info.previous, actions.open),
        info.position ? `${info.position[0]} of ${info.position[1]}` : "",
        neighbour("›", "Next video", info.next, actions.open)),
      h("div", { class: "levels", role: "radiogroup", "aria-label": "Supervision level" }, ...this.levels),
      suggestion(info, actions.seek),
      this.complete,
      h("span", { class: "push" }), this.phi, this.saved);
  }

  /** @param {import("../types.js").Level} level @param {boolean} isComplete */
  show(level, isComplete) {
    for (const button of this.levels) button.setAttribute("aria-checked", String(button.dataset.level === level));
    this.complete.hidden = !isComplete;
  }

  /** @param {number} seconds */
  showClock(seconds) {
    const ratio = this.duration > 0 ? ` · φ ${scoreText((seconds * 1e6) / this.duration)}` : "";
    this.phi.textContent = `${clockText(seconds * 1e6, 0)} on this video${ratio}`;
  }

  /** @param {import("../store/edits.js").EditQueue} queue */
  showSaved(queue) {
    const count = queue.state === "not saved" ? ` (${queue.pending.length})` : "";
    this.saved.textContent = SAVE_TEXT[queue.state] + count;
    this.saved.dataset.state = queue.state;
    this.saved.title = queue.problem || "Every edit is in the database.";
  }
}

/** @param {string} text @param {string} name @param {number | string | null} video @param {(video: number | string) => void} open */
function neighbour(text, name, video, open) {
  return h("button", { type: "button", class: "bare", "aria-label": name, title: name, disabled: video === null, onclick: () => video !== null && open(video) }, text);
}

/** @param {import("../types.js").VideoInfo} info @param {(time: number) => void} seek */
function suggestion({ suggestion: wish, origin }, seek) {
  if (!wish) return null;
  const pieces = splitTimes(wish.reason).map(({ text, time }) =>
    time === null ? text : h("button", { type: "button", class: "bare time", title: "Go there", onclick: () => seek(origin + time) }, text));
  const seconds = wish.seconds === null ? "" : `, about ${Math.round(wish.seconds)} s`;
  return h("span", { class: "chip suggestion", title: `${LEVEL_NAMES[wish.level]}: ${wish.reason}${seconds}` }, `${LEVEL_NAMES[wish.level]}: `, ...pieces, seconds);
}
