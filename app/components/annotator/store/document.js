/**
 * All that people said about one video, and how an edit changes it. Pure: a state is replaced, never mutated, so the
 * state acknowledged by the server and the state on the screen can share what they have in common.
 *
 * @typedef {import("../types.js").Annotation} Annotation
 * @typedef {import("../types.js").Change} Change
 * @typedef {import("../types.js").Span} Span
 * @typedef {import("../types.js").VideoInfo} VideoInfo
 * @typedef {{annotations: Map<string, Annotation>, labels: Map<string, boolean>, coverage: Map<string, Span[]>,
 *   ambiguous: Span[], decisions: Map<string, import("../types.js").Decision>, level: import("../types.js").Level,
 *   comment: string, extent: Span, classes: string[]}} State
 */
import { added, covers, removed } from "../intervals.js";

/** @param {VideoInfo} info @returns {State} */
export function stateOf(info) {
  return {
    annotations: new Map(info.annotations.map((annotation) => [annotation.id, annotation])),
    labels: new Map(Object.entries(info.video_labels)),
    coverage: new Map(Object.entries(info.coverage)),
    ambiguous: info.ambiguous,
    decisions: new Map(),
    level: info.level,
    comment: info.comment,
    extent: [info.origin, info.origin + info.duration],
    classes: info.classes.map(({ name }) => name),
  };
}

/** All of the video is judged for every class. @param {State} state @returns {boolean} */
export function isComplete(state) {
  return state.classes.length > 0 && state.classes.every((name) => covers(state.coverage.get(name) ?? [], state.extent));
}

/** @param {string | number | undefined} run @param {string | number | undefined} proposal */
export const decisionKey = (run, proposal) => `${run}/${proposal}`;

/** @template K, V @param {Map<K, V>} map @param {K} key @param {V | undefined} value @returns {Map<K, V>} */
function withEntry(map, key, value) {
  const copy = new Map(map);
  if (value === undefined) copy.delete(key);
  else copy.set(key, value);
  return copy;
}

/** @param {State} state @param {Change} edit @param {(spans: Span[]) => Span[]} change @returns {State} */
function withCoverage(state, edit, change) {
  const coverage = new Map(state.coverage);
  for (const name of edit.labels ?? state.classes) coverage.set(name, change(coverage.get(name) ?? []));
  return { ...state, coverage };
}

/** @param {Change} edit @returns {Span} */
const spanOf = (edit) => [/** @type {number} */ (edit.start), /** @type {number} */ (edit.end)];

/** @type {Record<string, (state: State, edit: Change) => State>} */
const APPLY = {
  "annotation.put": (state, edit) => ({ ...state, annotations: withEntry(state.annotations, edit.annotation?.id ?? "", edit.annotation ?? undefined) }),
  "annotation.delete": (state, edit) => ({ ...state, annotations: withEntry(state.annotations, edit.annotation_id ?? "", undefined) }),
  "label.set": (state, edit) => ({ ...state, labels: withEntry(state.labels, edit.label ?? "", edit.present ?? undefined) }),
  "coverage.add": (state, edit) => withCoverage(state, edit, (spans) => added(spans, spanOf(edit))),
  "coverage.remove": (state, edit) => withCoverage(state, edit, (spans) => removed(spans, spanOf(edit))),
  "complete.set": (state, edit) => withCoverage(state, { kind: "", labels: null }, () => (edit.complete ? [state.extent] : [])),
  "ambiguous.add": (state, edit) => ({ ...state, ambiguous: added(state.ambiguous, spanOf(edit)) }),
  "ambiguous.remove": (state, edit) => ({ ...state, ambiguous: removed(state.ambiguous, spanOf(edit)) }),
  "proposal.accept": (state, edit) => decided(edit.annotation ? APPLY["annotation.put"](state, edit) : state, edit, "accepted"),
  "proposal.reject": (state, edit) => decided(state, edit, "rejected"),
  "proposal.reopen": (state, edit) => decided(state, edit, "open"),
  "level.set": (state, edit) => ({ ...state, level: edit.level ?? state.level }),
  "comment.set": (state, edit) => ({ ...state, comment: edit.text ?? "" }),
};

/** @param {State} state @param {Change} edit @param {import("../types.js").Decision} decision @returns {State} */
function decided(state, edit, decision) {
  return { ...state, decisions: withEntry(state.decisions, decisionKey(edit.run, edit.proposal_id), decision) };
}

/** The state after one edit; a kind this version does not know changes nothing. @param {State} state @param {Change} edit @returns {State} */
export const applied = (state, edit) => (APPLY[edit.kind] ? APPLY[edit.kind](state, edit) : state);

/**
 * The edits that bring `state` back after `edit`.
 * @param {State} state @param {Change} edit @returns {Change[]}
 */
export function inverse(state, edit) {
  switch (edit.kind) {
    case "annotation.put":
    case "annotation.delete":
      return restoredAnnotation(state, edit.annotation?.id ?? edit.annotation_id ?? "");
    case "label.set":
      return [{ kind: "label.set", label: edit.label, present: state.labels.get(edit.label ?? "") ?? null }];
    case "coverage.add":
    case "coverage.remove":
    case "complete.set":
      return restoredCoverage(state, applied(state, edit));
    case "ambiguous.add":
    case "ambiguous.remove":
      return restoredSpans(applied(state, edit).ambiguous, state.ambiguous, "ambiguous", {});
    case "proposal.accept":
    case "proposal.reject":
    case "proposal.reopen":
      return [...restoredDecision(state, edit), ...(edit.annotation ? restoredAnnotation(state, edit.annotation.id) : [])];
    case "level.set":
      return [{ kind: "level.set", level: state.level }];
    case "comment.set":
      return [{ kind: "comment.set", text: state.comment }];
    default:
      return [];
  }
}

/** @param {State} state @param {string} id @returns {Change[]} */
function restoredAnnotation(state, id) {
  const before = state.annotations.get(id);
  return [before ? { kind: "annotation.put", annotation: before } : { kind: "annotation.delete", annotation_id: id }];
}

/** @param {State} state @param {Change} edit @returns {Change[]} */
function restoredDecision(state, edit) {
  const before = state.decisions.get(decisionKey(edit.run, edit.proposal_id)) ?? "open";
  const decision = { run: edit.run, proposal_id: edit.proposal_id };
  if (before === "open") return [{ kind: "proposal.reopen", ...decision }];
  if (before === "rejected") return [{ kind: "proposal.reject", ...decision }];
  return [{ kind: "proposal.accept", ...decision, annotation: null }];
}

/** @param {State} before @param {State} after @returns {Change[]} */
function restoredCoverage(before, after) {
  return before.classes.flatMap((name) =>
    restoredSpans(after.coverage.get(name) ?? [], before.coverage.get(name) ?? [], "coverage", { labels: [name] }),
  );
}

/** @param {Span[]} now @param {Span[]} wanted @param {string} what @param {object} fields @returns {Change[]} */
function restoredSpans(now, wanted, what, fields) {
  const surplus = wanted.reduce((left, span) => removed(left, span), now);
  const missing = now.reduce((left, span) => removed(left, span), wanted);
  return [
    ...surplus.map(([start, end]) => ({ kind: `${what}.remove`, ...fields, start, end })),
    ...missing.map(([start, end]) => ({ kind: `${what}.add`, ...fields, start, end })),
  ];
}
