/** The sheet of keys, where each can be given another one, and the line of keys below the timeline. */
import { api } from "../api.js";
import { cap, h } from "../dom.js";
import { capText, chordsOf, COMMANDS, rebound } from "../keys.js";
import { ReactionTime } from "./reaction.js";

const LONE = new Set(["Shift", "Control", "Alt", "Meta", "AltGraph", "CapsLock", "Dead"]);

export class KeySheet {
  /** The command whose new key is waited for. @type {string | null} */
  #waiting = null;

  /** @param {import("../workbench.js").Workbench} bench */
  constructor(bench) {
    this.bench = bench;
    this.notice = h("p", { class: "conflict", role: "alert", hidden: true });
    this.list = h("dl");
    this.reset = h("button", { type: "button", class: "bare", onclick: () => this.#save({}) }, "Usual keys");
    this.element = /** @type {HTMLDialogElement} */ (h("dialog", { class: "sheet", "aria-label": "Keys" },
      h("form", { method: "dialog" }, h("h1", {}, "Keys"), this.reset, h("button", { class: "bare", "aria-label": "Close" }, "✕")),
      h("p", { class: "dim" }, "Press a key's button to give its command another key, for everybody in this project."),
      this.notice, this.list, h("h2", {}, "Classes"),
      h("p", { class: "dim" }, "Video: on or off. One click: each press is an instance. Two clicks: presses pair up. Full: hold, or tap twice. Their keys are set in the Library. With Shift a class is given to the selection; with Alt (click, or Enter on its button) it does not occur in this video."),
      h("dl", {}, ...[...bench.keys.classes].map(([key, name]) => h("div", {}, h("dt", {}, cap(key)), h("dd", {}, h("bdi", {}, name))))),
      h("h2", {}, "Pointer"),
      h("p", { class: "dim" }, "Timeline: wheel zooms, drag pans, drag an edge to correct it, double click adds or accepts, Shift+drag draws. On the hatched band a drag says checked, with Alt unchecked."),
      new ReactionTime(bench).element));
    this.element.addEventListener("keydown", (event) => this.#typed(event));
    this.element.addEventListener("cancel", (event) => this.#waiting !== null && event.preventDefault());
    this.#show();
  }

  #show() {
    const { chords, conflicts } = this.bench.keys;
    this.reset.hidden = Object.keys(this.bench.info.keys ?? {}).length === 0;
    this.#tell(conflicts.join(" "));
    this.list.replaceChildren(...COMMANDS.map(({ command, says }) => {
      const keys = (chords.get(command) ?? []).slice(0, 2);
      const button = h("button", { type: "button", class: "bare rekey", "data-command": command, "aria-label": `${says}: ${keys.join(" or ") || "no key"}. Change`, onclick: () => this.#wait(command) },
        ...(keys.length ? keys.map((key) => cap(capText(key))) : [h("span", { class: "dim" }, "no key")]));
      return h("div", {}, h("dt", {}, button), h("dd", {}, says));
    }));
  }

  /** @param {string} command */
  #button(command) {
    return /** @type {HTMLElement} */ (this.list.querySelector(`[data-command="${command}"]`));
  }

  /** @param {string} command */
  #wait(command) {
    this.#show();
    this.#waiting = command;
    this.#button(command).replaceChildren(h("span", { class: "listening", role: "status" }, "press a key"));
    this.#button(command).focus();
  }

  /** @param {KeyboardEvent} event */
  #typed(event) {
    event.stopPropagation();
    if (this.#waiting === null) {
      if (event.key === "?") this.element.close();
      return;
    }
    event.preventDefault();
    if (LONE.has(event.key)) return;
    const command = this.#waiting;
    this.#waiting = null;
    this.#show();
    this.#button(command).focus();
    if (event.key === "Escape") return;
    const { changed, conflict, swapped } = rebound(this.bench.info.keys ?? {}, command, chordsOf(event)[0], this.bench.info.classes);
    if (conflict === "") this.#save(changed, command);
    else this.#tell(conflict, swapped && h("button", { type: "button", class: "plain", onclick: () => this.#save(swapped, command) }, "Swap the two keys"));
  }

  /** @param {string} text @param {HTMLElement | null} [answer] */
  #tell(text, answer = null) {
    this.notice.replaceChildren(text, ...(answer ? [" ", answer] : []));
    this.notice.hidden = text === "";
    answer?.focus();
  }

  /** @param {Record<string, string>} changed @param {string} [command] */
  async #save(changed, command) {
    try {
      this.bench.setKeys((await api.keys(this.bench.info.project, changed)).keys);
      this.#show();
    } catch (error) {
      this.#tell(`The keys are as they were. ${/** @type {Error} */ (error).message}`);
    }
    if (command) this.#button(command).focus();
  }
}

/** The keys used most, as a reminder. @param {{chords: Map<string, string[]>, classes: Map<string, string>}} keys */
export function footer({ chords, classes }) {
  const [mark] = classes.keys();
  /** @type {[string, string][]} */
  const shown = [["play", "play"], ["frame_back frame_on", "frame"], ["", "mark"], ["next", "next"], ["accept", "accept"], ["reject", "reject"], ["uncertain", "unsure place"],
    ["gaps", "play gaps"], ["grid", "grid"], ["undo", "undo"], ["done", "done, next"], ["shortcuts", "all keys"]];
  const keysOf = (/** @type {string} */ commands) =>
    commands ? commands.split(" ").map((command) => chords.get(command)?.[0]).filter((key) => key !== undefined) : mark ? [mark] : [];
  return h("footer", { class: "keys" }, ...shown.map(([commands, says]) => {
    const keys = keysOf(commands);
    return keys.length ? h("span", {}, ...keys.map((key) => cap(capText(key))), ` ${says}`) : null;
  }));
}
