/** How proposals and labels of one class meet: what is labelled already, and what an accepted proposal makes exact. Pure. */

/** @typedef {import("./types.js").Annotation} Annotation @typedef {import("./types.js").Proposal} Proposal */

/** A proposal and an instance that overlap by this temporal IoU say the same. */
const SAME = 0.5;

/** Whether a person has drawn this instance already. @param {Proposal} proposal @param {Annotation[]} annotations */
export function isLabelled({ label, start, end }, annotations) {
  return annotations.some((one) => {
    if (one.label !== label || one.start === null || one.end === null) return false;
    const shared = Math.min(end, one.end) - Math.max(start, one.start);
    return shared > 0 && shared >= SAME * (Math.max(end, one.end) - Math.min(start, one.start));
  });
}

/**
 * The one annotation by clicks that a proposal holds: accepting it makes that instance exact instead of adding a second.
 * Two of them say that the proposal spans two instances, and then nothing is replaced.
 * @param {Proposal} proposal @param {Annotation[]} annotations @returns {Annotation | null}
 */
export function clicksInside({ label, start, end }, annotations) {
  const inside = annotations.filter((one) => one.label === label && one.level !== "full" && one.clicks.every((click) => click >= start && click < end));
  return inside.length === 1 ? inside[0] : null;
}
