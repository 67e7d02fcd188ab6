/** The shortcuts sheet, the line of keys below the timeline, and the question a key may ask. */
import { cap, h } from "../dom.js";
import { COMMANDS, capText } from "../keys.js";

/** @param {{chords: Map<string, string[]>, classes: Map<string, string>, conflicts: string[]}} table @param {() => void} close */
export function sheet({ chords, classes, conflicts }, close) {
  const rows = COMMANDS.map(({ command, says }) => h("div", {}, h("dt", {}, ...(chords.get(command) ?? []).slice(0, 2).map((key) => cap(capText(key)))), h("dd", {}, says)));
  const marks = [...classes].map(([key, name]) => h("div", {}, h("dt", {}, cap(key)), h("dd", {}, h("bdi", {}, name))));
  const dialog = /** @type {HTMLDialogElement} */ (h("dialog", { class: "sheet", "aria-label": "Shortcuts", onclose: close },
    h("form", { method: "dialog" }, h("h1", {}, "Keys"), h("button", { class: "bare", "aria-label": "Close" }, "✕")),
    ...conflicts.map((conflict) => h("p", { class: "conflict", role: "alert" }, conflict)),
    h("dl", {}, ...rows),
    h("h2", {}, "Classes"),
    h("p", { class: "dim" }, "Video: on or off. One click: each press is an instance. Two clicks: presses pair up. Full: hold, or tap twice."),
    h("dl", {}, ...marks)));
  dialog.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "?") dialog.close();
  });
  return dialog;
}

/** The keys used most, as a reminder. @param {Map<string, string[]>} chords @param {string | undefined} mark key of the first class */
export function footer(chords, mark) {
  /** @type {[string, string][]} */
  const shown = [["play", "play"], ["frame_back frame_on", "frame"], ["", "mark"], ["next", "next"], ["accept", "accept"], ["reject", "reject"],
    ["undo", "undo"], ["done", "done, next"], ["shortcuts", "all keys"]];
  const keysOf = (/** @type {string} */ commands) =>
    commands ? commands.split(" ").map((command) => chords.get(command)?.[0]).filter((key) => key !== undefined) : mark ? [mark] : [];
  return h("footer", { class: "keys" }, ...shown.map(([commands, says]) => {
    const keys = keysOf(commands);
    return keys.length ? h("span", {}, ...keys.map((key) => cap(capText(key))), ` ${says}`) : null;
  }));
}

/**
 * Ask, in a line over the timeline; Enter takes the first answer, Escape the last.
 * @param {string} question @param {{says: string, does: () => void}[]} answers @param {() => void} done
 */
export function ask(question, answers, done) {
  const pick = (/** @type {{does: () => void}} */ answer) => {
    bar.remove();
    done();
    answer.does();
  };
  const buttons = answers.map((answer, i) => h("button", { type: "button", class: i ? "plain" : "strong", onclick: () => pick(answer) }, answer.says));
  const bar = h("div", { class: "ask", role: "alertdialog", "aria-label": question }, h("span", {}, question), ...buttons);
  bar.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") pick(answers[answers.length - 1]);
  });
  return { element: bar, focus: () => buttons[0].focus() };
}
