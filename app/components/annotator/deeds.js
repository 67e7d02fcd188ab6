/**
 * What the annotator says, made into edits: marks, accepted proposals, corrected edges, checked time. Each deed is one
 * step of undo.
 *
 * @typedef {import("./types.js").Annotation} Annotation
 * @typedef {import("./types.js").Proposal} Proposal
 */
import { clicksInside } from "./agreement.js";
import { annotationText, spanText } from "./panels/lists.js";
import { bounded, clicked, reshaped, withPresses } from "./statements.js";

/** What a double click adds at level full, as a share of the view, before its edges are dragged. */
const ADDED_SHARE = 0.04;

export class Deeds {
  /** @param {import("./workbench.js").Workbench} bench */
  constructor(bench) {
    this.bench = bench;
  }

  /** A class key goes down. @param {string} label */
  press(label) {
    this.bench.current = label;
    if (this.bench.marking.marked) this.commitMarks(label);
    else this.#state(this.bench.marking.press(label, this.bench.level, this.bench.moment, performance.now()));
  }

  /** @param {string} label */
  release(label) {
    const statement = this.bench.marking.release(label, this.bench.moment, performance.now());
    if (statement) this.#state(statement);
  }

  /** What lies between the in and out marks is an instance. @param {string} label */
  commitMarks(label) {
    const moments = this.bench.marking.marked;
    if (!moments) return;
    this.bench.marking.marks = { in: null, out: null };
    this.#between(label, moments);
  }

  /** A span drawn with the pointer. @param {import("./types.js").Span} span @param {string | null} label */
  draw([start, end], label) {
    if (label === null) return;
    const { frames } = this.bench;
    this.bench.current = label;
    const isPair = this.bench.level === "two-segment"; // clicks are pictures, boundaries lie between pictures
    const times = isPair ? [frames.start(frames.at(start)), frames.start(frames.at(end))] : [frames.snap(start), frames.snap(end)];
    this.#between(label, [{ time: times[0], pressed: null }, { time: times[1], pressed: null }]);
  }

  /** @param {string} label @param {[import("./marking.js").Moment, import("./marking.js").Moment]} moments */
  #between(label, moments) {
    this.#state({ kind: this.bench.level === "two-segment" ? "pair" : "span", label, moments });
  }

  /** The selection is of another class. @param {string} label */
  relabel(label) {
    const item = this.bench.selectedAsAnnotation;
    if (!item) this.bench.say(`Nothing is selected that could become ${label}: select a label or a proposal with ${this.bench.keyOf("next")} first.`);
    else if (item.label === label) this.bench.say(`It is ${label} already.`);
    else {
      this.bench.current = label;
      this.shape({ ...item, label });
    }
  }

  /** @param {Annotation} item full @param {number} time inside it */
  split(item, time) {
    const { frames, level } = this.bench;
    const first = reshaped(item, "end", time, level, frames);
    const second = reshaped({ ...item, id: crypto.randomUUID() }, "start", time, level, frames);
    this.shape(first, [{ kind: "annotation.put", annotation: second }]);
    this.bench.say(`${item.label} split at ${this.bench.clock(time)}.`);
  }

  /** @param {import("./marking.js").Statement} statement */
  #state(statement) {
    const { label } = statement;
    const id = crypto.randomUUID();
    if (statement.kind === "toggle") {
      const { count } = this.bench.presence(label);
      if (count) {
        this.bench.say(`${label} occurs: ${count === 1 ? "an instance of it is" : `${count} instances of it are`} marked here.`);
        return;
      }
      const isPresent = this.bench.labels.shown.labels.get(label) === true;
      this.bench.commit([{ kind: "label.set", label, present: isPresent ? null : true }]);
      this.bench.say(isPresent ? `${label}: unknown again.` : `${label} occurs in this video.`);
    } else if (statement.kind === "opened") {
      this.bench.say(`${label} open from ${this.bench.clock(statement.moments[0].time)}; ${this.bench.keys.chords.get("cancel")?.[0] ?? "Esc"} drops it.`);
      this.bench.render();
    } else {
      const times = statement.moments.map(({ time }) => time);
      const made = statement.kind === "span" ? bounded(id, label, times[0], times[1], this.bench.frames) : clicked(id, label, times);
      this.#put(withPresses(made, statement.moments.map(({ pressed }) => pressed), this.bench.compensation));
    }
  }

  /** @param {Annotation} annotation */
  #put(annotation) {
    this.bench.selection = { type: "annotation", id: annotation.id, edge: null };
    this.bench.commit([{ kind: "annotation.put", annotation }]);
    this.bench.say(`${annotation.label}: ${annotationText(annotation, this.bench.info.origin)}.`);
  }

  /** What accepting makes: the clicked instance inside the proposal made exact, or else a new one. @param {Proposal} proposal @returns {Annotation} */
  instanceOf(proposal) {
    const { label, start, end } = proposal;
    const id = clicksInside(proposal, this.bench.annotations)?.id ?? crypto.randomUUID();
    return bounded(id, label, start, end, this.bench.frames, true);
  }

  /** @param {Proposal[]} proposals */
  accept(proposals) {
    const run = this.bench.model.run ?? undefined;
    this.bench.commit(proposals.map((proposal) => ({ kind: "proposal.accept", run, proposal_id: proposal.id, annotation: this.instanceOf(proposal) })));
    const [{ label, start }] = proposals;
    this.bench.say(proposals.length === 1 ? `${label} ${this.bench.clock(start)} accepted.` : `${proposals.length} proposals accepted; one undo takes all of them back.`);
  }

  acceptAll() {
    const above = this.bench.openProposals.filter(({ score }) => score >= this.bench.model.threshold);
    if (above.length > 0) this.accept(above);
    else this.bench.say("No open proposal above the slider.");
  }

  /** The selected label, or the proposal as corrected, in its new shape. @param {Annotation} shaped @param {import("./types.js").Change[]} [more] of the same step */
  shape(shaped, more = []) {
    const item = this.bench.selected;
    if (item && !("clicks" in item)) {
      this.bench.selection = { type: "annotation", id: shaped.id, edge: this.bench.selection.edge };
      this.bench.commit([{ kind: "proposal.accept", run: this.bench.model.run ?? undefined, proposal_id: item.id, annotation: shaped }, ...more]);
    } else {
      this.bench.commit([{ kind: "annotation.put", annotation: shaped }, ...more]);
    }
    this.bench.say(`${shaped.label}: ${annotationText(shaped, this.bench.info.origin)}.`);
  }

  /** @param {import("./types.js").Span} span @param {boolean} isJudged */
  cover(span, isJudged) {
    const [start, end] = [this.bench.frames.snap(span[0]), this.bench.frames.snap(span[1])];
    if (end <= start) return;
    this.bench.commit([{ kind: isJudged ? "coverage.add" : "coverage.remove", labels: null, start, end }]);
    this.bench.say(`${spanText(start, end, this.bench.info.origin)} ${isJudged ? "checked" : "not checked"}.`);
  }

  /** Double click: what the level asks for, at that time; a full instance takes the gate's edges if it is open there. @param {number} time @param {string | null} label */
  add(time, label) {
    if (label === null) return;
    this.bench.current = label;
    const shown = this.bench.frames.start(this.bench.frames.at(time));
    if (this.bench.level !== "full") {
      this.#state(this.bench.marking.press(label, this.bench.level, { time: shown, pressed: null }, performance.now()));
      return;
    }
    const half = (this.bench.timeline.view.span * ADDED_SHARE) / 2;
    const [start, end] = this.bench.model.curves?.gateAround(label, time) ?? [time - half, time + half];
    const inside = (/** @type {number} */ at) => this.bench.frames.snap(Math.min(Math.max(at, this.bench.frames.start(0)), this.bench.frames.end));
    this.#put(bounded(crypto.randomUUID(), label, inside(start), inside(end), this.bench.frames));
  }
}
