/**
 * Undo and redo by groups. What is undone is stated as new edits (the log keeps both), so history works across
 * sessions: the server hands over this annotator's groups on this video as inverse edits, and new ones are added here.
 *
 * @typedef {import("../types.js").Change} Change
 * @typedef {{group: string, edits: Change[]}} Step
 */
export class History {
  /** @param {Step[]} undo oldest first @param {Step[]} redo oldest first */
  constructor(undo = [], redo = []) {
    this.undoable = [...undo];
    this.redoable = [...redo];
  }

  /** A new deed: what was undone before it cannot be redone. @param {string} group @param {Change[]} inverseEdits */
  did(group, inverseEdits) {
    this.undoable.push({ group, edits: inverseEdits });
    this.redoable = [];
  }

  /**
   * Take the newest step off one stack; `inverted` are the edits that would take it back and wait on the other.
   * @param {"undo" | "redo"} way @param {(edits: Change[]) => Change[]} inverted
   * @returns {Step | undefined}
   */
  take(way, inverted) {
    const [from, to] = way === "undo" ? [this.undoable, this.redoable] : [this.redoable, this.undoable];
    const step = from.pop();
    if (step) to.push({ group: step.group, edits: inverted(step.edits) });
    return step;
  }

  /** The server refused a group: there is nothing of it to undo. @param {string} group */
  forget(group) {
    this.undoable = this.undoable.filter((step) => step.group !== group);
    this.redoable = this.redoable.filter((step) => step.group !== group);
  }
}

/** Groups as the server hands them over, ready to be posted under ids of this session. @param {import("../types.js").StoredGroup[]} groups @returns {Step[]} */
export function stepsOf(groups) {
  return groups.map(({ group, undoes, redoes, edits }) => ({
    group: undoes ?? redoes ?? group,
    edits: edits.map(({ id: _id, group: _group, undoes: _undoes, redoes: _redoes, ...change }) => change),
  }));
}
