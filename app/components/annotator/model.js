/** What models say of the open video: curves and proposals of the run drawn, curves of the run before, and the slider. */
import { Curves } from "./timeline/curves.js";
import { decisionKey } from "./store/document.js";

const THRESHOLD = "wtal:accept-above";

/**
 * @typedef {import("./types.js").Proposal} Proposal
 * @typedef {import("./types.js").VideoInfo} VideoInfo
 */

export class ModelOutput {
  /** @type {Curves | null} */
  curves = null;
  /** @type {Curves | null} */
  before = null;
  /** Best first. @type {Proposal[]} */
  proposals = [];
  /** Why there is nothing to see, or "". */
  note = "";

  /** @param {VideoInfo} info @param {Storage} storage */
  constructor(info, storage) {
    this.info = info;
    this.storage = storage;
    this.run = info.hide_model ? null : info.run;
    this.runBefore = info.previous_run;
    /** A run made since, that nobody has asked to see yet. @type {string | number | null} */
    this.newer = null;
    this.threshold = Number(storage.getItem(THRESHOLD) ?? 0.8);
    if (info.hide_model) this.note = "No model output here: this validation video is not complete yet.";
    else if (info.run === null) this.note = "No model yet. Train one, and its curves and proposals appear here.";
  }

  /** @param {typeof import("./api.js").api} api @param {AbortSignal} signal */
  async load(api, signal) {
    const { run, info, runBefore } = this;
    if (run === null) return;
    const before = runBefore === null ? Promise.resolve(null) : api.curves(info.id, runBefore, signal).then(Curves.parse).catch(() => null);
    const [curves, answer] = await Promise.all([api.curves(info.id, run, signal).then(Curves.parse), api.proposals(info.id, run, signal)]);
    this.curves = curves;
    this.proposals = answer.proposals;
    this.before = await before;
  }

  /** Whether a run is news: another than the one shown, not told of before. @param {{run: string | number | null, hide_model?: boolean}} found */
  hears({ run, hide_model: isHidden }) {
    if (isHidden || run === null || run === this.run || run === this.newer) return false;
    this.newer = run;
    return true;
  }

  /** Show the newer run, and the one shown until now in grey. @param {typeof import("./api.js").api} api @param {AbortSignal} signal @returns {Promise<boolean>} whether it came */
  async loadNewest(api, signal) {
    const run = this.newer;
    if (run === null) return false;
    const [curves, answer] = await Promise.all([api.curves(this.info.id, run, signal).then(Curves.parse), api.proposals(this.info.id, run, signal)]);
    [this.before, this.runBefore] = [this.curves, this.run];
    [this.curves, this.proposals, this.run, this.newer, this.note] = [curves, answer.proposals, run, null, ""];
    return true;
  }

  /** Number of the run as people say it. @param {string | number | null} run */
  title(run) {
    return run === null ? "" : `run ${run}`;
  }

  /** @param {import("./store/document.js").State} state @returns {Proposal[]} those without a decision, best first */
  open(state) {
    return this.proposals.filter(({ id }) => (state.decisions.get(decisionKey(this.run ?? "", id)) ?? "open") === "open");
  }

  /** Scores the slider spans: 0 to 1, or as far as the scores go. @returns {[number, number]} */
  get range() {
    const scores = this.proposals.map(({ score }) => score);
    return [Math.min(0, ...scores.slice(-1)), Math.max(1, ...scores.slice(0, 1))];
  }

  /** @param {number} value */
  setThreshold(value) {
    this.threshold = value;
    try {
      this.storage.setItem(THRESHOLD, String(value));
    } catch {
      // a full storage forgets the slider, nothing else
    }
  }

  /** 0 to 1, how loud a proposal is drawn. @param {Proposal} proposal */
  strength({ score }) {
    const [low, high] = this.range;
    return (score >= this.threshold ? 0.55 : 0.1) + 0.45 * ((score - low) / (high - low || 1));
  }

  /** Classes in the order of their lanes: first those that occur or may. @param {string[]} names @param {Set<string>} labelled */
  ordered(names, labelled) {
    const { curves } = this;
    if (!curves) return [];
    const proposed = new Set(this.proposals.map(({ label }) => label));
    const drawn = names.filter((name) => curves.classes.includes(name));
    const loud = new Set(drawn.filter((name) => labelled.has(name) || proposed.has(name) || curves.isEverOn(name)));
    return [...drawn.filter((name) => loud.has(name)), ...drawn.filter((name) => !loud.has(name))];
  }
}
