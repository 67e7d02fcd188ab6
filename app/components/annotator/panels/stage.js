/** The picture with what is known of it, the line of messages, and the comment. */
import { h } from "../dom.js";
import { clockText, rateText } from "../format.js";

const MESSAGE_MS = 5_000;
const PROBLEM_MS = 12_000;

export class Stage {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {() => void} toggle */
  constructor(toggle) {
    this.video = /** @type {HTMLVideoElement} */ (h("video", { preload: "auto", playsinline: true, disablepictureinpicture: true, tabindex: "-1", "aria-label": "Video", onclick: toggle }));
    this.play = h("button", { type: "button", class: "bare play", "aria-label": "Play", onclick: toggle }, "▶");
    this.readout = h("span", { class: "readout" });
    this.reason = h("p", { class: "reason", hidden: true });
    this.message = h("p", { class: "message", role: "status", "aria-live": "polite", hidden: true });
    this.problem = h("p", { class: "message problem", role: "alert", hidden: true });
    this.element = h("div", { class: "stage" }, this.video, this.reason, h("div", { class: "under" }, this.play, this.readout), h("div", { class: "messages" }, this.problem, this.message));
  }

  /** Why there is no picture. @param {string} reason */
  explain(reason) {
    this.reason.textContent = reason;
    this.reason.hidden = false;
    this.video.hidden = true;
  }

  /** @param {import("../player.js").Player} player @param {number} origin */
  showFrame(player, origin) {
    this.readout.textContent = `${clockText(player.time - origin, 3)} · frame ${player.index} · ${rateText(player.rate || player.speed)}`;
    Object.assign(this.readout.dataset, { frame: player.index, time: player.time });
    const text = player.isPlaying ? "❚❚" : "▶";
    if (this.play.textContent === text) return;
    this.play.textContent = text;
    this.play.setAttribute("aria-label", player.isPlaying ? "Pause" : "Play");
  }

  /** @param {string} text @param {boolean} isProblem */
  say(text, isProblem) {
    const place = isProblem ? this.problem : this.message;
    place.textContent = text;
    place.hidden = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.message.hidden = true;
      this.problem.hidden = true;
    }, isProblem ? PROBLEM_MS : MESSAGE_MS);
  }
}

export class CommentBox {
  #stored = "";

  /** @param {(text: string) => void} save @param {() => void} leave */
  constructor(save, leave) {
    this.save = save;
    this.input = /** @type {HTMLTextAreaElement} */ (h("textarea", {
      rows: "2", placeholder: "Comment on this video", "aria-label": "Comment on this video", dir: "auto", maxlength: "4000", onblur: () => this.commit(),
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        if (event.key === "Escape" || (event.key === "Enter" && !event.shiftKey)) {
          event.preventDefault();
          leave();
        }
      },
    }));
    this.element = h("section", { class: "comment" }, this.input);
  }

  focus() {
    this.input.focus();
  }

  commit() {
    if (this.input.value === this.#stored) return;
    this.#stored = this.input.value;
    this.save(this.#stored);
  }

  /** @param {string} text */
  show(text) {
    const root = /** @type {ShadowRoot | Document} */ (this.input.getRootNode());
    if (root.activeElement === this.input || text === this.#stored) return;
    this.#stored = this.input.value = text;
  }
}
