/** What each command of the key table does to the open video. */
import { clockText } from "./format.js";
import { intersection, removed, total } from "./intervals.js";
import { changesText } from "./panels/changes.js";
import { edgeTime, reshaped } from "./statements.js";
import { spanOf } from "./timeline/spans.js";
import { LEVELS } from "./types.js";

/** Watching this share of a video is looking at all of it. */
const WATCHED = 0.95;
const SECOND = 1_000_000;

/** @typedef {import("./workbench.js").Workbench} Workbench */

/** @param {Workbench} bench @returns {Record<string, () => void>} */
export function commandsOf(bench) {
  const { player } = bench;
  return {
    play: () => player.toggle(),
    frame_back: () => player.step(-1),
    frame_on: () => player.step(1),
    second_back: () => player.skip(-SECOND),
    second_on: () => player.skip(SECOND),
    ten_back: () => player.skip(-10 * SECOND),
    ten_on: () => player.skip(10 * SECOND),
    first: () => player.seek(0),
    last: () => player.seek(bench.frames.length - 1),
    go_to: () => bench.stage.askWhere(),
    slower: () => player.shuttle(-1),
    stop: () => player.stop(),
    faster: () => player.shuttle(1),
    speed_down: () => player.changeSpeed(-1),
    speed_up: () => player.changeSpeed(1),
    mute: () => bench.say(bench.stage.mute() ? "Sound off." : "Sound on."),
    loop: () => loop(bench),
    mark_in: () => mark(bench, "in"),
    mark_out: () => mark(bench, "out"),
    accept: () => accept(bench),
    reject: () => reject(bench),
    accept_all: () => bench.deeds.acceptAll(),
    next: () => move(bench, 1),
    previous: () => move(bench, -1),
    edge_start: () => setEdge(bench, "start"),
    edge_end: () => setEdge(bench, "end"),
    nudge_back: () => nudge(bench, -1),
    nudge_on: () => nudge(bench, 1),
    nudge_back_10: () => nudge(bench, -10),
    nudge_on_10: () => nudge(bench, 10),
    split: () => split(bench),
    checked: () => checkedToHere(bench),
    ambiguous: () => ambiguous(bench),
    cancel: () => cancel(bench),
    delete: () => remove(bench),
    undo: () => travel(bench, "undo"),
    redo: () => travel(bench, "redo"),
    done: () => done(bench),
    search: () => bench.palette.search(),
    comment: () => bench.comment.focus(),
    level_video: () => bench.setLevel(LEVELS[0]),
    level_one: () => bench.setLevel(LEVELS[1]),
    level_two: () => bench.setLevel(LEVELS[2]),
    level_full: () => bench.setLevel(LEVELS[3]),
    zoom_in: () => bench.timeline.zoom(1.5),
    zoom_out: () => bench.timeline.zoom(1 / 1.5),
    zoom_fit: () => bench.timeline.fit(),
    panels: () => focusPanels(bench),
    shortcuts: () => bench.showShortcuts(),
  };
}

/** @param {Workbench} bench */
function loop(bench) {
  const chosen = bench.selected;
  const marked = bench.marking.marked;
  if (bench.player.looped) bench.player.stop();
  else if (chosen) bench.player.loop(roomy(bench, "clicks" in chosen ? spanOf(chosen) : [chosen.start, chosen.end]));
  else if (marked) bench.player.loop([marked[0].time, marked[1].time]);
  else bench.say("Nothing to loop: select a label or a proposal with Tab first.");
}

/** A click is looped with half a second on either side. @param {Workbench} bench @param {import("./types.js").Span} span @returns {import("./types.js").Span} */
function roomy(bench, [start, end]) {
  if (end > start) return [start, end];
  return [Math.max(bench.frames.start(0), start - SECOND / 2), Math.min(bench.frames.end, start + SECOND / 2)];
}

/** @param {Workbench} bench @param {"in" | "out"} which */
function mark(bench, which) {
  const { moment } = bench;
  bench.marking.marks[which] = moment;
  const isReady = bench.marking.marked !== null;
  const how = isReady ? ` ${bench.keyOf("accept")} makes it ${bench.current ?? "a label"}, a class key makes it that class.` : "";
  bench.say(`Marked ${which} at ${bench.clock(moment.time)}.${how}`);
  bench.render();
}

/** Enter: the marks first, else the proposal chosen, else the best one that is open. @param {Workbench} bench */
function accept(bench) {
  if (bench.marking.marked) {
    if (bench.current) bench.deeds.commitMarks(bench.current);
    else bench.say("Which class? Press its key, or / to find it.");
    return;
  }
  const proposal = bench.currentProposal;
  if (!proposal) {
    bench.say("No open proposal.");
    return;
  }
  const [, next] = afterwards(bench, proposal);
  bench.deeds.accept([proposal]);
  bench.choose(next);
}

/** @param {Workbench} bench */
function reject(bench) {
  const proposal = bench.currentProposal;
  if (!proposal) {
    bench.say("No open proposal.");
    return;
  }
  const [, next] = afterwards(bench, proposal);
  bench.commit([{ kind: "proposal.reject", run: bench.model.run ?? undefined, proposal_id: proposal.id }]);
  bench.say(`${proposal.label} ${bench.clock(proposal.start)} rejected.`);
  bench.choose(next);
}

/** If the proposal was chosen by hand, the next best one follows it; else nothing is chosen. @param {Workbench} bench @param {import("./types.js").Proposal} proposal @returns {[import("./types.js").Proposal, import("./types.js").Proposal | null]} */
function afterwards(bench, proposal) {
  const open = bench.openProposals;
  const isChosen = bench.selection.id === proposal.id;
  return [proposal, isChosen ? (open[open.indexOf(proposal) + 1] ?? open.find((one) => one !== proposal) ?? null) : null];
}

/** @param {Workbench} bench @param {1 | -1} way */
function move(bench, way) {
  const items = bench.items;
  if (items.length === 0) {
    bench.say("No instance and no proposal yet.");
    return;
  }
  const at = items.findIndex(({ id }) => id === bench.selection.id);
  const startOf = bench.startOf;
  const after = items.findIndex((item) => startOf(item) > bench.player.time);
  const fromPlayhead = way > 0 ? (after < 0 ? 0 : after) : (after < 0 ? items.length : after) - 1;
  const index = at < 0 ? fromPlayhead : at + way;
  bench.choose(items[(index + items.length) % items.length]);
}

/** @param {Workbench} bench @param {"start" | "end"} edge */
function setEdge(bench, edge) {
  bench.selection = { ...bench.selection, edge };
  pull(bench, edge, bench.player.time);
}

/** @param {Workbench} bench @param {number} frames */
function nudge(bench, frames) {
  const item = bench.selectedAsAnnotation;
  if (!item) {
    bench.say("Nothing to nudge: select a label or a proposal first.");
    return;
  }
  const edge = item.level === "one-segment" ? null : (bench.selection.edge ?? "start");
  const at = edgeTime(item, edge);
  const index = at >= bench.frames.end ? bench.frames.length : bench.frames.at(at);
  const time = bench.frames.start(Math.max(0, index + frames));
  pull(bench, edge, time);
  bench.player.seekTime(edge === "end" && item.level === "full" ? time - 1 : time);
}

/** @param {Workbench} bench @param {"start" | "end" | null} edge @param {number} time */
function pull(bench, edge, time) {
  const item = bench.selectedAsAnnotation;
  if (!item) {
    bench.say("No edge to set: select a label or a proposal first.");
    return;
  }
  const shaped = reshaped(item, edge, time, bench.level, bench.frames);
  if (spanOf(shaped).join() === spanOf(item).join() && shaped.level === item.level) {
    bench.say("The edge is there already, or would cross the other one.");
    return;
  }
  bench.deeds.shape(shaped);
}

/** From the end of what is checked before the playhead to the playhead; all checked already: take that back. @param {Workbench} bench */
function checkedToHere(bench) {
  const { frames, player } = bench;
  const until = frames.start(player.index + 1);
  const { checkedAll } = bench.coverage;
  const holding = checkedAll.find(([start, end]) => start <= player.time && end >= until);
  if (holding) {
    bench.deeds.cover([holding[0], until], false);
    return;
  }
  const gaps = checkedAll.reduce((left, span) => removed(left, span), /** @type {import("./types.js").Span[]} */ ([[frames.start(0), until]]));
  bench.deeds.cover([gaps[gaps.length - 1][0], until], true);
}

/** @param {Workbench} bench */
function ambiguous(bench) {
  const item = bench.selectedAsAnnotation;
  const marked = bench.marking.marked;
  /** @type {import("./types.js").Span | null} */
  const span = marked ? [marked[0].time, marked[1].time] : item && spanOf(item);
  if (!span || span[1] <= span[0]) {
    bench.say("Mark in and out first, or select what is ambiguous.");
    return;
  }
  bench.marking.marks = { in: null, out: null };
  bench.commit([{ kind: "ambiguous.add", start: span[0], end: span[1] }]);
  bench.say(`${bench.clock(span[0])} to ${bench.clock(span[1])} is neither action nor background.`);
}

/** @param {Workbench} bench */
function cancel(bench) {
  if (bench.marking.drop()) bench.say("Dropped.");
  else bench.selection = { type: null, id: null, edge: null };
  bench.render();
}

/** One instance becomes two that meet at the playhead. @param {Workbench} bench */
function split(bench) {
  const item = bench.selectedAsAnnotation;
  const { time } = bench.player;
  if (item?.level !== "full" || time <= (item.start ?? 0) || time >= (item.end ?? 0)) {
    bench.say("Nothing to split: select a label with start and end, and put the playhead inside it.");
    return;
  }
  bench.deeds.split(item, time);
}

/** @param {Workbench} bench */
function remove(bench) {
  const item = bench.selected;
  if (!item || !("clicks" in item)) {
    bench.say(item ? `A proposal is rejected with ${bench.keyOf("reject")}, not deleted.` : "Nothing selected.");
    return;
  }
  bench.selection = { type: null, id: null, edge: null };
  bench.commit([{ kind: "annotation.delete", annotation_id: item.id }]);
  bench.say(`${item.label} at ${bench.clock(spanOf(item)[0])} deleted.`);
}

/** Move the focus from panel to panel; the last hands it back. @param {Workbench} bench */
function focusPanels({ header, palette, proposalList, comment, element, hooks }) {
  const doors = [header.levels.find((button) => button.getAttribute("aria-checked") === "true"), palette.list.querySelector("button"), palette.input, proposalList.slider, comment.input];
  const root = /** @type {ShadowRoot | Document} */ (element.getRootNode());
  const at = doors.findIndex((door) => door === root.activeElement);
  const next = /** @type {HTMLElement | undefined} */ (doors.slice(at + 1).find((door) => door instanceof HTMLElement && door.offsetParent !== null));
  if (next) next.focus();
  else hooks.focus();
}

/** @param {Workbench} bench @param {"undo" | "redo"} way */
function travel(bench, way) {
  const before = bench.labels.shown.annotations;
  const edits = bench.labels.travel(way);
  if (!edits) {
    bench.say(`Nothing to ${way} on this video.`);
    return;
  }
  const put = edits.find(({ annotation }) => annotation)?.annotation;
  bench.selection = { type: put ? "annotation" : null, id: put?.id ?? null, edge: null };
  bench.say(`${way === "undo" ? "Undone" : "Done again"}: ${changesText(edits, before, bench.info.origin)}.`);
  bench.render();
}

/** Done: what the level asks to be said about the whole video is said, then the next video comes. @param {Workbench} bench */
function done(bench) {
  const open = [...bench.marking.open.values()].at(-1);
  if (open) {
    bench.say(`${open.label} is open from ${bench.clock(open.time)}: end it, or drop it with ${bench.keyOf("cancel")}, before the next video.`);
    return;
  }
  const { info, level } = bench;
  const edits = level === "video" ? absences(bench) : level === "full" && !bench.isComplete ? [COMPLETE] : [];
  const say = () => {
    bench.commit(edits);
    bench.leave();
  };
  // naming one class says enough of the others; a stray key on a video of which nothing was said does not
  const isSilent = level === "full" || !info.classes.some(({ name }) => bench.presence(name).present);
  const share = total(intersection(bench.watched, [[info.origin, info.origin + info.duration]])) / info.duration;
  if (!edits.length) bench.leave();
  else if (!isSilent || share >= WATCHED) say();
  else {
    const [question, yes] = level === "full" ? ["Is all of it judged?", "Yes, mark it complete"] : ["Does none of the classes occur in it?", "Yes, none occurs"];
    bench.ask(`${Math.floor(100 * share)} % of this video was on the screen. ${question}`, [
      { says: yes, does: say },
      { says: "No, next video", does: () => bench.leave() },
      { says: "Stay", does: () => {} },
    ]);
  }
}

const COMPLETE = /** @type {const} */ ({ kind: "complete.set", complete: true });

/** That the classes of which nobody said whether they occur do not. @param {Workbench} bench */
const absences = (bench) =>
  bench.info.classes
    .filter(({ name }) => bench.presence(name).present === null)
    .map(({ name }) => ({ kind: /** @type {const} */ ("label.set"), label: name, present: false }));

/** @param {number} time @param {number} origin */
export const shownTime = (time, origin) => clockText(time - origin, 3);
