/** What a step of undo or redo did, in a few words. */
import { annotationText } from "./lists.js";

/** @typedef {import("../types.js").Change} Change @typedef {import("../types.js").Annotation} Annotation */

/**
 * @param {Change[]} changes of one step @param {Map<string, Annotation>} before the labels they found @param {number} origin
 * @returns {string}
 */
export function changesText(changes, before, origin) {
  const says = changes.map((change) => changeText(change, before, origin)).filter((text) => text !== "");
  const kinds = new Set(changes.map(({ kind }) => kind));
  if (says.length <= 2) return says.join(", ") || "nothing that shows";
  return kinds.size === 1 ? `${says[0]}, and ${says.length - 1} more` : `${says.length} changes`;
}

/** @param {Change} change @param {Map<string, Annotation>} before @param {number} origin */
function changeText(change, before, origin) {
  const { kind, annotation, annotation_id: id } = change;
  if (annotation) return `${annotation.label} ${annotationText(annotation, origin)} ${before.has(annotation.id) ? "as before" : "is back"}`;
  const gone = id === undefined ? undefined : before.get(id);
  if (kind === "annotation.delete") return gone ? `${gone.label} ${annotationText(gone, origin)} is gone` : "a label is gone";
  if (kind === "label.set") return `${change.label} ${change.present === null ? "is unknown" : change.present ? "occurs" : "does not occur"}`;
  if (kind === "level.set") return `level ${change.level}`;
  if (kind === "comment.set") return "the comment";
  if (kind.startsWith("coverage") || kind === "complete.set") return "what is checked";
  if (kind.startsWith("ambiguous")) return "what is ambiguous";
  return kind === "proposal.reopen" ? "a proposal is open again" : "the decision on a proposal";
}
