/** The picture with what is known of it, the line of messages, and the comment. */
import { h } from "../dom.js";
import { clockText, placeOf, rateText } from "../format.js";

const MUTED = "wtal:muted";
const MESSAGE_MS = 5_000;
const PROBLEM_MS = 12_000;

export class Stage {
  /** @type {Map<HTMLElement, ReturnType<typeof setTimeout>>} */
  #timers = new Map();

  /** @param {{toggle: () => void, mute: () => void, goTo: (place: {time?: number, frame?: number}) => void, leave: () => void}} actions */
  constructor({ toggle, mute, goTo, leave }) {
    this.goTo = goTo;
    this.leave = leave;
    this.video = /** @type {HTMLVideoElement} */ (h("video", { preload: "auto", playsinline: true, disablepictureinpicture: true, tabindex: "-1", "aria-label": "Video", onclick: toggle }));
    this.play = h("button", { type: "button", class: "bare play", "aria-label": "Play", onclick: toggle }, "▶");
    this.readout = h("button", { type: "button", class: "bare readout", title: "Go to a time or a frame (Alt+T)", onclick: () => this.askWhere() });
    this.wish = /** @type {HTMLInputElement} */ (h("input", {
      class: "wish", hidden: true, placeholder: "1:02.5 or #250", "aria-label": "Go to a time (1:02.5) or a frame (#250)", autocomplete: "off", spellcheck: "false",
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.#typed(event), onblur: () => this.#show(false),
    }));
    this.sound = h("button", { type: "button", class: "bare sound", "aria-label": "Sound off", title: "Sound off / on (Shift+M)", onclick: mute }, "♪");
    this.reason = h("p", { class: "reason", hidden: true });
    this.message = h("p", { class: "message", role: "status", "aria-live": "polite", hidden: true });
    this.problem = h("p", { class: "message problem", role: "alert", hidden: true });
    this.spoken = h("p", { class: "unseen", role: "status", "aria-live": "polite" });
    this.element = h("div", { class: "stage" }, this.spoken, this.video, this.reason, h("div", { class: "under" }, this.play, this.readout, this.wish, this.sound), h("div", { class: "messages" }, this.problem, this.message));
    this.mute(localStorage.getItem(MUTED) === "true");
  }

  /** Let the annotator type where to go. */
  askWhere() {
    this.wish.value = "";
    this.#show(true);
    this.wish.focus();
  }

  /** @param {boolean} isAsking */
  #show(isAsking) {
    this.readout.hidden = isAsking;
    this.wish.hidden = !isAsking;
  }

  /** @param {KeyboardEvent} event */
  #typed(event) {
    if (event.key === "Escape") this.leave();
    if (event.key !== "Enter") return;
    const place = placeOf(this.wish.value);
    this.leave();
    if (place) this.goTo(place);
    else this.say(`“${this.wish.value}” is no time and no frame: type 1:02.5 or #250.`, false);
  }

  /** Sound off or on, for the videos to come as well. @param {boolean} [isMuted] @returns {boolean} whether it is off now */
  mute(isMuted = !this.video.muted) {
    this.video.muted = isMuted;
    this.sound.setAttribute("aria-pressed", String(isMuted));
    try {
      localStorage.setItem(MUTED, String(isMuted));
    } catch {
      // a full storage forgets it
    }
    return isMuted;
  }

  /** Why there is no picture. @param {string} reason */
  explain(reason) {
    this.reason.textContent = reason;
    this.reason.hidden = false;
    this.video.hidden = true;
  }

  /** There is a picture again. */
  reveal() {
    this.reason.hidden = true;
    this.video.hidden = false;
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

  /** Tell a screen reader what eyes see by themselves. @param {string} text */
  speak(text) {
    this.spoken.textContent = text;
  }

  /** The last message goes with the next; a problem stays for its time whatever is said meanwhile. @param {string} text @param {boolean} isProblem */
  say(text, isProblem) {
    const place = isProblem ? this.problem : this.message;
    if (isProblem) this.message.hidden = true;
    place.textContent = text;
    place.hidden = false;
    clearTimeout(this.#timers.get(place));
    this.#timers.set(place, setTimeout(() => (place.hidden = true), isProblem ? PROBLEM_MS : MESSAGE_MS));
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
