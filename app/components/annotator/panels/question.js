/** A question a key may ask, in a line over the timeline. */
import { h } from "../dom.js";

/**
 * Enter takes the first answer, Escape the last.
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
