/**
 * The labels of the open video: the acknowledged state, the edits on their way, and the state shown, which is the one
 * after the other. So a refusal is a replay without the refused edit, and edits of others slip in underneath.
 *
 * @typedef {import("../types.js").Change} Change
 * @typedef {import("../types.js").Edit} Edit
 * @typedef {import("./document.js").State} State
 */
import { applied, decisionKey, inverse } from "./document.js";
import { History } from "./history.js";

export class Labels {
  /**
   * @param {object} options
   * @param {State} options.state as the server told it
   * @param {History} options.history
   * @param {() => string} [options.newId]
   * @param {() => number} [options.now] wall clock, milliseconds
   */
  constructor({ state, history, newId = () => crypto.randomUUID(), now = Date.now }) {
    this.acknowledged = state;
    this.shown = state;
    this.history = history;
    this.newId = newId;
    this.now = now;
    /** @type {import("./edits.js").EditQueue | null} */
    this.queue = null;
  }

  /** From now on edits go to this queue; what it still holds of an earlier visit is shown. @param {import("./edits.js").EditQueue} queue */
  attach(queue) {
    this.queue = queue;
    this.#replay();
  }

  /**
   * One deed of the annotator: shown at once, sent at once, undone as one.
   * @param {Change[]} changes
   */
  commit(changes) {
    if (changes.length === 0) return;
    const group = this.newId();
    this.history.did(group, this.#inverted(changes));
    this.#send(changes, { group });
  }

  /** @param {"undo" | "redo"} way @returns {Change[] | null} what was done, null when there is nothing */
  travel(way) {
    const step = this.history.take(way, (edits) => this.#inverted(edits));
    if (!step) return null;
    this.#send(step.edits, { group: this.newId(), [way === "undo" ? "undoes" : "redoes"]: step.group });
    return step.edits;
  }

  /** The server has answered. @param {Edit[]} saved @param {{edit: Edit}[]} refused @param {Edit[]} others */
  settle(saved, refused, others) {
    this.acknowledged = [...others, ...saved].reduce(applied, this.acknowledged);
    for (const { edit } of refused) this.history.forget(edit.undoes ?? edit.redoes ?? edit.group);
    this.#replay();
  }

  /** Begin again from what the server says now, as when the class list changed; only while no edit is on its way. @param {State} state @param {History} history */
  restart(state, history) {
    this.acknowledged = { ...state, decisions: this.acknowledged.decisions };
    this.history = history;
    this.#replay();
  }

  /** What the server knows of proposals, under any decision made since. @param {string | number} run @param {import("../types.js").Proposal[]} proposals */
  learnDecisions(run, proposals) {
    const known = /** @type {[string, import("../types.js").Decision][]} */ (proposals.map(({ id, state }) => [decisionKey(run, id), state]));
    this.acknowledged = { ...this.acknowledged, decisions: new Map([...known, ...this.acknowledged.decisions]) };
    this.#replay();
  }

  /** @param {Change[]} changes @param {object} fields */
  #send(changes, fields) {
    const edits = changes.map((change) => /** @type {Edit} */ ({ ...change, ...fields, id: this.newId(), client_time: this.now() }));
    this.shown = edits.reduce(applied, this.shown);
    this.queue?.add(edits);
  }

  /** Edits that take `changes` back, last first. @param {Change[]} changes @returns {Change[]} */
  #inverted(changes) {
    /** @type {Change[][]} */
    const back = [];
    let state = this.shown;
    for (const change of changes) {
      back.unshift(inverse(state, change));
      state = applied(state, change);
    }
    return back.flat();
  }

  #replay() {
    this.shown = (this.queue?.pending ?? []).reduce(applied, this.acknowledged);
  }
}
