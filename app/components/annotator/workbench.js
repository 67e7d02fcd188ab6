/**
 * One open video: its labels, its player, its timeline, its clock, and the panels that show them. State lives here and
 * in what it holds. What the keys do is in commands.js and review.js, how it is shown in scene.js, and what happens by
 * itself while it is open in live.js, which tells learning.js what is new.
 *
 * @typedef {import("./types.js").Annotation} Annotation
 * @typedef {import("./types.js").Change} Change
 * @typedef {import("./types.js").Proposal} Proposal
 * @typedef {import("./types.js").VideoInfo} VideoInfo
 * @typedef {{type: "annotation" | "proposal" | null, id: string | number | null, edge: "start" | "end" | null}} Selection
 * @typedef {{open: (video: number | string) => void, select: (value: object | null) => void, focus: () => void}} Hooks
 */
import { isLabelled } from "./agreement.js";
import { api } from "./api.js";
import { commandsOf, shownTime } from "./commands.js";
import { Deeds } from "./deeds.js";
import { h } from "./dom.js";
import { scoreText } from "./format.js";
import { intersection, merged } from "./intervals.js";
import { capText, keyTable } from "./keys.js";
import { loadModel, loadStrip } from "./learning.js";
import { Live } from "./live.js";
import { Marking } from "./marking.js";
import { ModelOutput } from "./model.js";
import { LEVEL_NAMES } from "./panels/header.js";
import { annotationText, spanText } from "./panels/lists.js";
import { ask } from "./panels/question.js";
import { footer, KeySheet } from "./panels/shortcuts.js";
import { actionsOf } from "./pointing.js";
import { Places, reviewsOf } from "./review.js";
import { showScene } from "./scene.js";
import { isComplete, stateOf } from "./store/document.js";
import { watchedBefore } from "./store/watched.js";
import { History, stepsOf } from "./store/history.js";
import { Labels } from "./store/labels.js";
import { spanOf } from "./timeline/spans.js";
import { Timeline } from "./timeline/timeline.js";
import { clockOf, middle, paletteOf, panelsOf, playerOf, queueOf } from "./wiring.js";

const UNKNOWN_COLOUR = "#8a94a3";

export class Workbench {
  /** @type {Selection} */
  selection = { type: null, id: null, edge: null };
  /** The class marked last, or chosen. @type {string | null} */
  current = null;
  marking = new Marking();
  deeds = new Deeds(this);
  session = crypto.randomUUID();
  /** Aborted when the video is closed. */
  gone = new AbortController();
  #isAsking = false;
  /** @type {CanvasImageSource | null} */
  strip = null;
  /** Classes in the order of their curves. @type {string[]} */
  lanes = [];
  /** Microseconds a mark set while playing is put back, on the clock of the wall. */
  compensation = 0;

  /** @param {VideoInfo} info @param {import("./frames.js").FrameTable} frames @param {Hooks} hooks */
  constructor(info, frames, hooks) {
    this.info = info;
    this.frames = frames;
    this.hooks = hooks;
    this.colours = new Map(info.classes.map(({ name, colour }) => [name, colour]));
    this.current = info.classes[0]?.name ?? null;
    this.compensation = info.compensation ?? 0;
    this.places = new Places(this);
    this.keys = keyTable(info.keys ?? {}, info.classes);
    this.model = new ModelOutput(info, localStorage);
    this.labels = new Labels({ state: stateOf(info), history: new History(stepsOf(info.undo), stepsOf(info.redo)) });
    const panels = panelsOf(this);
    this.header = panels.header;
    this.stage = panels.stage;
    this.labelList = panels.labelList;
    this.proposalList = panels.proposalList;
    this.palette = panels.palette;
    this.comment = panels.comment;
    this.timeline = new Timeline({ origin: info.origin, end: info.origin + info.duration, actions: actionsOf(this), values: (run, time) => api.values(info.id, run, time) });
    this.footer = footer(this.keys);
    this.element = h("div", { class: "bench" }, this.header.element, middle(this), this.timeline.element, this.footer);
    this.player = playerOf(this);
    this.player.watching.spans = watchedBefore(info);
    this.commands = { ...commandsOf(this), ...reviewsOf(this) };
    this.queue = queueOf(this);
    this.labels.attach(this.queue);
    this.clockwork = clockOf(this);
    this.live = new Live(this, this.gone.signal);
    loadModel(this);
    loadStrip(this);
    this.render();
    this.header.showSaved(this.queue);
    this.#greet();
  }

  /** What is unusual about this video or its project, in words. */
  #greet() {
    const { info, keys } = this;
    if (info.duration <= 0 && info.media_problem) this.say("Nothing can be marked yet: this video has no length.");
    else if (info.duration <= 0) this.say("This video has no duration: nothing in it can be marked. Import the file again, or remove it from the Library.", true);
    else if (keys.conflicts.length) this.say(`Keys collide: ${keys.conflicts[0]} See ?`);
    else if (info.other_annotators?.length) this.say(`${info.other_annotators.join(", ")} labelled this video too; you see your own labels.`);
  }

  destroy() {
    this.gone.abort();
    this.live.farewell();
    this.player.destroy();
    this.timeline.destroy();
    this.element.remove();
  }

  get level() {
    return this.labels.shown.level;
  }

  get isComplete() {
    return isComplete(this.labels.shown);
  }

  /** Ascending. @returns {Annotation[]} */
  get annotations() {
    return [...this.labels.shown.annotations.values()].sort((a, b) => spanOf(a)[0] - spanOf(b)[0]);
  }

  /** Proposals without a decision, best first; those a person has drawn already are no questions any more. */
  get openProposals() {
    const { annotations } = this;
    return this.undecided.filter((proposal) => !isLabelled(proposal, annotations));
  }

  get undecided() {
    return this.model.open(this.labels.shown);
  }

  /** The moment a key pressed now marks: the frame on the screen, or the one that was there a reaction time ago. @returns {import("./marking.js").Moment} */
  get moment() {
    const { time, rate } = this.player;
    if (rate <= 0 || this.compensation === 0) return { time, pressed: null };
    return { time: this.frames.start(this.frames.at(time - this.compensation * rate)), pressed: time };
  }

  /** Instances and proposals, ascending: the way of the Tab key. @returns {(Annotation | Proposal)[]} */
  get items() {
    return [...this.annotations, ...this.openProposals].sort((a, b) => this.startOf(a) - this.startOf(b));
  }

  /** @param {Annotation | Proposal} item @returns {number} */
  startOf(item) {
    return "clicks" in item ? spanOf(item)[0] : item.start;
  }

  /** @returns {Annotation | Proposal | null} */
  get selected() {
    const { type, id } = this.selection;
    if (type === "annotation") return this.labels.shown.annotations.get(String(id)) ?? null;
    return type === "proposal" ? (this.undecided.find((one) => one.id === id) ?? null) : null;
  }

  /** The selection as a person would have made it: a proposal becomes the instance it would be accepted as. */
  get selectedAsAnnotation() {
    const item = this.selected;
    return item && ("clicks" in item ? item : this.deeds.instanceOf(item));
  }

  /** What Enter and X are about: the proposal chosen, else the best one. */
  get currentProposal() {
    const item = this.selected;
    return item && !("clicks" in item) ? item : (this.openProposals[0] ?? null);
  }

  /** Time that has been on the screen, in this and earlier visits. */
  get watched() {
    return merged(this.player.watching.spans);
  }

  /** Judged for all classes, and for some. */
  get coverage() {
    const { coverage, classes, extent } = this.labels.shown;
    const spans = classes.map((name) => coverage.get(name) ?? []);
    return { checkedAll: spans.reduce(intersection, spans.length ? [extent] : []), checkedSome: merged(spans.flat()) };
  }

  /** What is said of a class in this video. @param {string} name @returns {{present: boolean | null, count: number}} */
  presence(name) {
    const count = this.annotations.filter(({ label }) => label === name).length;
    return { present: count > 0 ? true : (this.labels.shown.labels.get(name) ?? null), count };
  }

  /** @param {number} time */
  clock(time) {
    return shownTime(time, this.info.origin);
  }

  /** The key of a command, as its cap shows it. @param {string} command */
  keyOf(command) {
    return capText(this.keys.chords.get(command)?.[0] ?? command);
  }

  /** @param {string} label */
  colourOf(label) {
    return this.colours.get(label) ?? UNKNOWN_COLOUR;
  }

  /** Tell the annotator, and the screen reader. @param {string} text @param {boolean} [isProblem] */
  say(text, isProblem = false) {
    this.stage.say(text, isProblem);
  }

  /** @param {Change[]} changes */
  commit(changes) {
    this.labels.commit(changes);
    this.render();
  }

  /** @param {import("./types.js").Level} level */
  setLevel(level) {
    if (level === this.level) return;
    this.marking.open.clear();
    this.commit([{ kind: "level.set", level }]);
    this.say(`Level: ${LEVEL_NAMES[level]}.`);
  }

  /** @param {number} value */
  setThreshold(value) {
    this.model.setThreshold(value);
    this.render();
  }

  /** Select, go there, show it. @param {Annotation | Proposal | null} item */
  choose(item) {
    if (!item) {
      this.render();
      return;
    }
    const [start, end] = "clicks" in item ? spanOf(item) : [item.start, item.end];
    this.selection = { type: "clicks" in item ? "annotation" : "proposal", id: item.id, edge: null };
    this.current = item.label;
    this.stage.speak("clicks" in item ? `Label ${item.label}: ${annotationText(item, this.info.origin)}` : `Proposal ${item.label} ${scoreText(item.score)}: ${spanText(start, end, this.info.origin)}`);
    this.timeline.reveal(start, end);
    this.timeline.revealClass(item.label);
    this.player.seekTime(start);
    this.hooks.select({ video: this.info.id, type: this.selection.type, id: item.id, label: item.label, start, end });
    this.render();
  }

  /** @param {import("./types.js").Edit[]} saved @param {{edit: import("./types.js").Edit, error: string}[]} refused @param {import("./types.js").Edit[]} others */
  answered(saved, refused, others) {
    this.labels.settle(saved, refused, others);
    if (refused.length > 0) this.say(`Refused and taken back: ${refused[0].error}${refused.length > 1 ? ` (and ${refused.length - 1} more)` : ""}`, true);
    else if (others.length > 0) {
      const names = new Set(others.map(({ annotator }) => (annotator === undefined || annotator === this.info.annotator ? "Another window" : annotator)));
      this.say(`${[...names].join(", ")} changed this video: ${others.length} ${others.length === 1 ? "edit" : "edits"} merged in.`);
    }
    this.render();
  }

  /** A picture came to the screen, or the player started or stopped. */
  presented() {
    if (!this.player) return;
    this.stage.showFrame(this.player, this.info.origin);
    this.timeline.setPlayhead(this.player.time, this.player.isPlaying);
  }

  /** @param {string} question @param {{says: string, does: () => void}[]} answers */
  ask(question, answers) {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const bar = ask(question, answers, () => {
      this.#isAsking = false;
      this.hooks.focus();
    });
    this.element.append(bar.element);
    bar.focus();
  }

  /** Show everything as it is now. */
  render() {
    showScene(this);
  }

  /** Put a dialog over the page; the focus comes back when it closes. @param {HTMLDialogElement} dialog */
  open(dialog) {
    dialog.addEventListener("close", () => {
      dialog.remove();
      this.hooks.focus();
    });
    this.element.append(dialog);
    dialog.showModal();
  }

  showShortcuts() {
    this.open(new KeySheet(this).element);
  }

  /** @param {Record<string, string>} changed commands and their chords, only those that differ from the usual ones */
  setKeys(changed) {
    this.info.keys = changed;
    this.keys = keyTable(changed, this.info.classes);
    this.palette.showKeys(this.keys.classes);
    const line = footer(this.keys);
    this.footer.replaceWith(line);
    this.footer = line;
  }

  /** The classes are others now. */
  renewPalette() {
    const { palette } = this;
    this.palette = paletteOf(this);
    palette.element.replaceWith(this.palette.element);
  }

  /** To the next video. */
  leave() {
    if (this.info.next === null) this.say("Done. There is no further video to label.");
    else this.hooks.open(this.info.next);
  }
}
