/** Copying and pasting labels of the open video: one paste is one step of undo. */
import { pasted, tableOf } from "./paste.js";

/** More labels than this are not pasted by a slip of the hand: they are asked about. */
const UNASKED = 20;

/** @typedef {import("./workbench.js").Workbench} Workbench */

/** @param {Workbench} bench @param {string} text */
export function paste(bench, text) {
  if (text.trim() === "") return;
  const { info, frames, annotations } = bench;
  let found;
  try {
    found = pasted(text, { name: info.name, origin: info.origin, classes: info.classes.map(({ name }) => name), frames, annotations });
  } catch (error) {
    bench.say(/** @type {Error} */ (error).message, true);
    return;
  }
  const { changes, known, refused } = found;
  const there = known ? ` ${known} are here already.` : "";
  const problems = refused.length ? ` ${refused.length} ${refused.length === 1 ? "is" : "are"} refused, ${refused[0]}${refused.length > 1 ? ", and so on" : ""}.` : "";
  if (changes.length === 0) {
    bench.say(`Nothing is pasted.${there}${problems}`, refused.length > 0);
    return;
  }
  const does = () => {
    bench.commit(changes);
    bench.say(`${counted(changes.length)} pasted; one undo takes ${changes.length === 1 ? "it" : "all of them"} back.${there}`);
  };
  if (changes.length <= UNASKED && refused.length === 0) does();
  else bench.ask(`Paste ${counted(changes.length)}?${there}${problems}`, [{ says: "Paste", does }, { says: "No", does: () => {} }]);
}

/** @param {number} n */
const counted = (n) => `${n} ${n === 1 ? "label" : "labels"}`;

/** @param {Workbench} bench @returns {string | null} the labels as a table, null if there are none */
export function copied(bench) {
  const { annotations, info } = bench;
  if (annotations.length === 0) {
    bench.say("No label to copy.");
    return null;
  }
  bench.say(`${counted(annotations.length)} copied as a table.`);
  return tableOf(info.name, annotations, info.origin);
}
