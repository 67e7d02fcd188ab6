import assert from "node:assert/strict";
import { test } from "node:test";
import { applied, inverse, isComplete, stateOf } from "../../app/components/annotator/store/document.js";
import { History } from "../../app/components/annotator/store/history.js";
import { Labels } from "../../app/components/annotator/store/labels.js";

/** @type {any} */
const INFO = {
  origin: 0, duration: 100, annotations: [], video_labels: {}, coverage: {}, ambiguous: [], level: "full", comment: "",
  classes: [{ name: "Run" }, { name: "Jump" }],
};
const put = (/** @type {string} */ id, /** @type {number} */ time) => ({ kind: "annotation.put", annotation: { id, label: "Run", level: "one-segment", clicks: [time], start: null, end: null, model_assisted: false } });
const said = (/** @type {any} */ state) => JSON.stringify({ ...state, annotations: [...state.annotations].sort(), labels: [...state.labels].sort(), decisions: [...state.decisions].filter(([, one]) => one !== "open").sort(), coverage: [...state.coverage].filter(([, spans]) => spans.length).sort() });

test("every kind of edit is taken back by its inverse", () => {
  let seed = 3;
  const chance = (/** @type {number} */ n) => (seed = (seed * 16807) % 2147483647) % n;
  const kinds = [
    () => put(String(chance(4)), chance(100)), () => ({ kind: "annotation.delete", annotation_id: String(chance(4)) }),
    () => ({ kind: "label.set", label: ["Run", "Jump"][chance(2)], present: [true, false, null][chance(3)] }),
    () => ({ kind: "coverage.add", labels: [null, ["Run"]][chance(2)], start: chance(50), end: 50 + chance(50) }),
    () => ({ kind: "coverage.remove", labels: null, start: chance(50), end: 50 + chance(50) }),
    () => ({ kind: "complete.set", complete: chance(2) === 1 }), () => ({ kind: "ambiguous.add", start: chance(50), end: 50 + chance(50) }),
    () => ({ kind: "ambiguous.remove", start: chance(50), end: 50 + chance(50) }), () => ({ kind: "proposal.reject", run: 1, proposal_id: chance(3) }),
    () => ({ kind: "proposal.accept", run: 1, proposal_id: chance(3), annotation: put(`p${chance(3)}`, 5).annotation }),
    () => ({ kind: "proposal.reopen", run: 1, proposal_id: chance(3) }), () => ({ kind: "level.set", level: ["video", "full"][chance(2)] }),
    () => ({ kind: "comment.set", text: String(chance(9)) }),
  ];
  let state = stateOf(INFO);
  for (let round = 0; round < 2000; round += 1) {
    const edit = /** @type {any} */ (kinds[chance(kinds.length)]());
    const after = applied(state, edit);
    assert.equal(said(inverse(state, edit).reduce(applied, after)), said(state), JSON.stringify(edit));
    state = after;
  }
});

test("a video is complete when every class is judged from end to end", () => {
  const some = applied(stateOf(INFO), { kind: "coverage.add", labels: ["Run"], start: 0, end: 100 });
  assert.equal(isComplete(some), false);
  assert.equal(isComplete(applied(some, { kind: "coverage.add", labels: ["Jump"], start: 0, end: 100 })), true);
  assert.equal(isComplete(applied(stateOf(INFO), { kind: "complete.set", complete: true })), true);
});

const labels = () => {
  let n = 0;
  const store = new Labels({ state: stateOf(INFO), history: new History(), newId: () => `id${(n += 1)}`, now: () => n });
  /** @type {any[]} */
  const pending = [];
  store.attach(/** @type {any} */ ({ pending, add: (/** @type {any[]} */ edits) => pending.push(...edits) }));
  return { store, pending };
};

test("a deed is one group, undone in new edits that name it", () => {
  const { store, pending } = labels();
  store.commit([put("a", 1), put("b", 2)]);
  const [group] = pending.map((edit) => edit.group);
  store.travel("undo");
  assert.deepEqual(pending.slice(2).map(({ kind, annotation_id: id, undoes }) => [kind, id, undoes]), [["annotation.delete", "b", group], ["annotation.delete", "a", group]]);
  assert.equal(store.shown.annotations.size, 0);
  store.travel("redo");
  assert.deepEqual([...store.shown.annotations.keys()].sort(), ["a", "b"]);
  assert.deepEqual(pending.slice(4).map(({ redoes }) => redoes), [group, group]);
  assert.equal(store.travel("redo"), null);
});

test("a new deed ends what could be redone", () => {
  const { store } = labels();
  store.commit([put("a", 1)]);
  store.travel("undo");
  store.commit([put("b", 1)]);
  assert.equal(store.travel("redo"), null);
});

test("a refused edit vanishes from the screen and from undo; the others stay", () => {
  const { store, pending } = labels();
  store.commit([put("a", 1)]);
  store.commit([put("b", 2)]);
  const [a, b] = pending.splice(0);
  store.settle([a], [{ edit: b }], []);
  assert.deepEqual([...store.shown.annotations.keys()], ["a"]);
  assert.equal(store.history.undoable.length, 1);
});

test("what others did slips in below edits that are on their way", () => {
  const { store } = labels();
  store.commit([put("a", 1)]);
  store.settle([], [], /** @type {any} */ ([put("a", 50), put("theirs", 60)]));
  assert.deepEqual([...store.shown.annotations.values()].map(({ clicks }) => clicks[0]).sort(), [1, 60]);
});
