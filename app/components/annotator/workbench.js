/**
 * One open video: its labels, its player, its timeline, its clock, and the panels that show them. State lives here and
 * in what it holds; `render` shows all of it. What the keys do is in commands.js.
 *
 * @typedef {import("./types.js").Annotation} Annotation
 * @typedef {import("./types.js").Change} Change
 * @typedef {import("./types.js").Proposal} Proposal
 * @typedef {import("./types.js").VideoInfo} VideoInfo
 * @typedef {{type: "annotation" | "proposal" | null, id: string | number | null, edge: "start" | "end" | null}} Selection
 * @typedef {{open: (video: number | string) => void, select: (value: object | null) => void, focus: () => void}} Hooks
 */
import { api } from "./api.js";
import { Clock } from "./clock.js";
import { commandsOf, shownTime } from "./commands.js";
import { Deeds } from "./deeds.js";
import { h } from "./dom.js";
import { FrameTable } from "./frames.js";
import { intersection, merged } from "./intervals.js";
import { keyTable } from "./keys.js";
import { Marking } from "./marking.js";
import { ModelOutput } from "./model.js";
import { CommentBox, Stage } from "./panels/stage.js";
import { Header, LEVEL_NAMES } from "./panels/header.js";
import { LabelList, ProposalList } from "./panels/lists.js";
import { Palette } from "./panels/palette.js";
import { ask, footer, sheet } from "./panels/shortcuts.js";
import { Player } from "./player.js";
import { actionsOf } from "./pointing.js";
import { isComplete, stateOf } from "./store/document.js";
import { keepWatched, watchedBefore } from "./store/watched.js";
import { EditQueue, sendLeftovers } from "./store/edits.js";
import { History } from "./store/history.js";
import { Labels } from "./store/labels.js";
import { spanOf } from "./timeline/spans.js";
import { Timeline } from "./timeline/timeline.js";

const POLL_MS = 10_000;
const UNKNOWN_COLOUR = "#8a94a3";

export class Workbench {
  /** @type {Selection} */
  selection = { type: null, id: null, edge: null };
  /** The class marked last, or chosen. @type {string | null} */
  current = null;
  marking = new Marking();
  deeds = new Deeds(this);
  session = crypto.randomUUID();
  #gone = new AbortController();
  #isAsking = false;
  /** @type {CanvasImageSource | null} */
  #strip = null;
  /** @type {string[]} */
  #lanes = [];

  /**
   * @param {string | number} video @param {AbortSignal} signal
   * @returns {Promise<[VideoInfo, FrameTable]>}
   */
  static async fetch(video, signal) {
    const info = await api.video(video, signal);
    const end = info.origin + info.duration;
    if (info.n_frames === 0) return [info, FrameTable.without(info.origin, end)];
    return [info, FrameTable.parse(await api.frames(video, signal), end)];
  }

  /** @param {VideoInfo} info @param {FrameTable} frames @param {Hooks} hooks */
  constructor(info, frames, hooks) {
    this.info = info;
    this.frames = frames;
    this.hooks = hooks;
    this.colours = new Map(info.classes.map(({ name, colour }) => [name, colour]));
    this.current = info.classes[0]?.name ?? null;
    this.keys = keyTable(info.keys ?? {}, info.classes);
    this.model = new ModelOutput(info, localStorage);
    this.labels = new Labels({ state: stateOf(info), history: new History(steps(info.undo), steps(info.redo)) });
    this.header = new Header(info, { setLevel: (level) => this.setLevel(level), seek: (time) => this.player.seekTime(time), open: (video) => hooks.open(video) });
    this.stage = new Stage(() => this.player.toggle());
    this.labelList = new LabelList();
    this.proposalList = new ProposalList({ setThreshold: (value) => this.setThreshold(value), acceptAll: () => this.deeds.acceptAll() });
    this.palette = new Palette(info.classes, this.keys.classes, {
      press: (label) => this.deeds.press(label), release: (label) => this.deeds.release(label), leave: () => hooks.focus(),
      deny: (label) => this.commit([{ kind: "label.set", label, present: this.presence(label).present === false ? null : false }]),
    });
    this.comment = new CommentBox((text) => this.commit([{ kind: "comment.set", text }]), () => hooks.focus());
    this.timeline = new Timeline({ origin: info.origin, end: info.origin + info.duration, actions: actionsOf(this), values: (run, time) => api.values(info.id, run, time) });
    this.element = this.#assembled();
    this.player = this.#player();
    this.player.watched = watchedBefore(info);
    this.commands = commandsOf(this);
    this.queue = this.#queue();
    this.labels.attach(this.queue);
    this.clockwork = this.#clockwork();
    this.#live();
    this.#load();
    this.render();
    this.header.showSaved(this.queue);
    if (this.keys.conflicts.length) this.say(`Keys collide: ${this.keys.conflicts[0]} See ?`);
    else if (info.other_annotators?.length) this.say(`${info.other_annotators.join(", ")} labelled this video too; you see your own labels.`);
  }

  #assembled() {
    const firstKey = [...this.keys.classes.keys()][0];
    return h("div", { class: "bench" }, this.header.element,
      h("div", { class: "middle" }, this.stage.element,
        h("div", { class: "lists" }, this.labelList.element, this.proposalList.element),
        h("div", { class: "side" }, this.palette.element, this.comment.element)),
      this.timeline.element, footer(this.keys.chords, firstKey));
  }

  #player() {
    const { media, media_problem: problem } = this.info;
    if (media === null) this.stage.explain(problem ?? "No pictures: this video is known by its features only. The timeline works without them.");
    return new Player({
      video: this.stage.video, frames: this.frames, media,
      onPresented: () => this.#presented(),
      onState: (kind) => {
        this.clockwork?.tell(kind);
        this.#presented();
      },
      onProblem: (reason) => this.stage.explain(reason),
    });
  }

  #queue() {
    return new EditQueue({
      post: api.edits, storage: localStorage, annotator: this.info.annotator, video: this.info.id, session: this.session, sequence: this.info.sequence,
      onState: () => this.queue && this.header.showSaved(this.queue),
      onAnswer: (saved, refused, others) => this.#answered(saved, refused, others),
    });
  }

  #clockwork() {
    const clock = new Clock({
      post: api.activity, video: this.info.id, session: this.session, phi: this.info.phi,
      look: () => ({ playing: this.player.isPlaying, visible: !document.hidden, level: this.level, assisted: this.model.run !== null }),
      onTick: () => this.header.showClock(clock.seconds),
    });
    clock.tell(this.info.media === null ? "ready" : "loading");
    this.header.showClock(clock.seconds);
    return clock;
  }

  /** What goes on while the video is open: other sessions, hidden tabs, edits earlier visits left of other videos. */
  #live() {
    const { signal } = this.#gone;
    const tidy = () => sendLeftovers({ post: api.edits, storage: localStorage, annotator: this.info.annotator, session: this.session, except: this.info.id })
      .then((refused) => refused.length && this.say(`Edits left from another video were refused: ${refused[0]}`, true)).catch(() => {});
    const poll = setInterval(() => {
      if (document.hidden) return;
      this.queue.poll();
      tidy();
    }, POLL_MS);
    signal.addEventListener("abort", () => clearInterval(poll));
    tidy();
    document.addEventListener("visibilitychange", () => {
      this.clockwork.tell(document.hidden ? "hidden" : "visible");
      if (document.hidden) this.clockwork.send(true);
      else this.queue.poll();
    }, { signal });
    addEventListener("online", () => this.queue.retry(), { signal });
    addEventListener("pagehide", () => this.#farewell(), { signal });
  }

  async #load() {
    const { signal } = this.#gone;
    if (this.info.strip) this.#loadStrip(this.info.strip.url);
    try {
      await this.model.load(api, signal);
    } catch (error) {
      if (signal.aborted) return;
      this.model.note = `The model's output cannot be shown: ${/** @type {Error} */ (error).message}`;
    }
    if (signal.aborted) return;
    if (this.model.run !== null) this.labels.learnDecisions(this.model.run, this.model.proposals);
    const labelled = new Set([...this.annotations.map(({ label }) => label), ...this.labels.shown.labels.keys()]);
    this.#lanes = this.model.ordered(this.info.classes.map(({ name }) => name), labelled);
    this.render();
  }

  /** @param {string} url */
  #loadStrip(url) {
    const picture = new Image();
    picture.onload = () => {
      this.#strip = picture;
      this.render();
    };
    picture.src = url;
  }

  destroy() {
    this.#gone.abort();
    this.#farewell();
    this.player.destroy();
    this.timeline.destroy();
    this.element.remove();
  }

  /** The page may go now: what is not acknowledged stays in the storage for the next visit. */
  #farewell() {
    this.comment.commit();
    keepWatched(this.info, this.watched);
    this.queue.close();
    this.clockwork.close();
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

  get openProposals() {
    return this.model.open(this.labels.shown);
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
    return type === "proposal" ? (this.openProposals.find((one) => one.id === id) ?? null) : null;
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
    return merged(this.player.watched);
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
    this.timeline.reveal(start, end);
    this.timeline.revealClass(item.label);
    this.player.seekTime(start);
    this.hooks.select({ video: this.info.id, type: this.selection.type, id: item.id, label: item.label, start, end });
    this.render();
  }

  /** @param {import("./types.js").Edit[]} saved @param {{edit: import("./types.js").Edit, error: string}[]} refused @param {import("./types.js").Edit[]} others */
  #answered(saved, refused, others) {
    this.labels.settle(saved, refused, others);
    if (refused.length > 0) this.say(`Refused and taken back: ${refused[0].error}${refused.length > 1 ? ` (and ${refused.length - 1} more)` : ""}`, true);
    else if (others.length > 0) {
      const names = new Set(others.map(({ annotator }) => (annotator === undefined || annotator === this.info.annotator ? "Another window" : annotator)));
      this.say(`${[...names].join(", ")} changed this video: ${others.length} ${others.length === 1 ? "edit" : "edits"} merged in.`);
    }
    this.render();
  }

  #presented() {
    if (!this.player) return;
    this.stage.showFrame(this.player, this.info.origin);
    this.timeline.setPlayhead(this.player.time, this.player.isPlaying);
  }

  /** Show everything as it is now. */
  render() {
    const { labels, model, selection, marking } = this;
    const open = [...marking.open.values()];
    const context = { origin: this.info.origin, colourOf: (/** @type {string} */ label) => this.colourOf(label), select: (/** @type {string} */ type, /** @type {string | number} */ id) =>
      this.choose(this.items.find((item) => item.id === id && ("clicks" in item) === (type === "annotation")) ?? null) };
    const proposals = this.openProposals;
    const { annotations } = this;
    this.header.show(this.level, this.isComplete);
    this.labelList.show(annotations, open, selection, context);
    this.proposalList.show({
      proposals, title: model.title(model.run), threshold: model.threshold, range: model.range,
      current: marking.marked ? null : (this.currentProposal?.id ?? null), note: model.note || (model.proposals.length ? "All decided" : model.run === null ? "" : "None"),
    }, selection, context);
    this.palette.show(this.current, (name) => this.presence(name));
    this.comment.show(labels.shown.comment);
    this.timeline.show({
      annotations, proposals, selection, ...this.coverage, ambiguous: labels.shown.ambiguous, colourOf: context.colourOf,
      strengthOf: (proposal) => model.strength(proposal), classes: this.#lanes, curves: model.curves, before: model.before,
      runTitle: model.title(model.run), beforeTitle: model.title(this.info.previous_run), note: model.note, strip: this.#strip, stripInfo: this.info.strip,
      open, marks: marking.marks,
    });
    this.#presented();
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

  showShortcuts() {
    const dialog = sheet(this.keys, () => {
      dialog.remove();
      this.hooks.focus();
    });
    this.element.append(dialog);
    dialog.showModal();
  }

  /** Move the focus from panel to panel; the last hands it back. */
  focusPanels() {
    const doors = [this.header.levels.find((button) => button.getAttribute("aria-checked") === "true"), this.palette.list.querySelector("button"), this.palette.input,
      this.proposalList.slider, this.comment.input];
    const root = /** @type {ShadowRoot | Document} */ (this.element.getRootNode());
    const at = doors.findIndex((door) => door === root.activeElement);
    const next = /** @type {HTMLElement | undefined} */ (doors[at + 1]);
    if (next) next.focus();
    else this.hooks.focus();
  }

  /** To the next video. */
  leave() {
    if (this.info.next === null) this.say("Done. There is no further video to label.");
    else this.hooks.open(this.info.next);
  }
}

/** Groups as the server hands them over, ready to be posted under ids of this session. @param {import("./types.js").StoredGroup[]} groups @returns {import("./store/history.js").Step[]} */
function steps(groups) {
  return groups.map(({ group, undoes, redoes, edits }) => ({
    group: undoes ?? redoes ?? group,
    edits: edits.map(({ id: _id, group: _group, undoes: _undoes, redoes: _redoes, ...change }) => change),
  }));
}
