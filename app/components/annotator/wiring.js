/** The parts of the workbench, and what they tell each other. */
import { api } from "./api.js";
import { Clock } from "./clock.js";
import { h } from "./dom.js";
import { Header } from "./panels/header.js";
import { LabelList, ProposalList } from "./panels/lists.js";
import { Palette } from "./panels/palette.js";
import { CommentBox, Stage } from "./panels/stage.js";
import { Player } from "./player.js";
import { reviewed } from "./review.js";
import { EditQueue } from "./store/edits.js";

/** @typedef {import("./workbench.js").Workbench} Workbench */

/** @param {Workbench} bench */
export function panelsOf(bench) {
  const { info, hooks, deeds } = bench;
  return {
    header: new Header(info, { setLevel: (level) => bench.setLevel(level), seek: (time) => bench.player.seekTime(time), open: (video) => hooks.open(video) }),
    stage: new Stage({
      toggle: () => bench.player.toggle(), mute: () => bench.commands.mute(), leave: () => hooks.focus(),
      goTo: ({ time, frame }) => bench.player.seek(frame ?? bench.frames.at(info.origin + (time ?? 0))),
    }),
    labelList: new LabelList(),
    proposalList: new ProposalList({
      setThreshold: (value) => bench.setThreshold(value), acceptAll: () => deeds.acceptAll(), showNewest: () => bench.commands.newest(), openGrid: () => bench.commands.grid(),
    }),
    palette: paletteOf(bench),
    comment: new CommentBox((text) => bench.commit([{ kind: "comment.set", text }]), () => hooks.focus()),
  };
}

/** @param {Workbench} bench */
export function paletteOf(bench) {
  const { info, keys, hooks, deeds } = bench;
  return new Palette(info.classes, keys.classes, {
    press: (label) => deeds.press(label), release: (label) => deeds.release(label), leave: () => hooks.focus(),
    relabel: (label) => deeds.relabel(label),
    deny: (label) => bench.commit([{ kind: "label.set", label, present: bench.presence(label).present === false ? null : false }]),
  });
}

/** Player, lists and classes side by side. @param {Workbench} bench */
export const middle = ({ stage, labelList, proposalList, palette, comment }) => h("div", { class: "middle" }, stage.element,
  h("div", { class: "lists" }, labelList.element, proposalList.element),
  h("div", { class: "side" }, palette.element, comment.element));

/** @param {Workbench} bench */
export function playerOf(bench) {
  const { media, media_problem: problem } = bench.info;
  if (media === null) bench.stage.explain(problem ?? "No pictures: this video is known by its features only. The timeline works without them.");
  return new Player({
    video: bench.stage.video, frames: bench.frames, media,
    onPresented: () => bench.presented(),
    onState: (kind) => {
      bench.clockwork?.tell(kind);
      bench.presented();
    },
    onProblem: (reason, wasNetwork = false) => {
      bench.stage.explain(reason);
      bench.live.lost(wasNetwork); // the server may know more: a file that is gone
    },
    onToured: () => reviewed(bench),
  });
}

/** @param {Workbench} bench */
export function queueOf(bench) {
  const { info, session, header } = bench;
  return new EditQueue({
    post: api.edits, storage: localStorage, annotator: info.annotator, video: info.id, session, sequence: info.sequence,
    onState: () => bench.queue && header.showSaved(bench.queue),
    onAnswer: (saved, refused, others) => bench.answered(saved, refused, others),
  });
}

/** @param {Workbench} bench */
export function clockOf(bench) {
  const clock = new Clock({
    post: api.activity, video: bench.info.id, session: bench.session, phi: bench.info.phi,
    look: () => ({ playing: bench.player.isPlaying, visible: !document.hidden, level: bench.level, assisted: bench.model.run !== null }),
    onTick: () => bench.header.showClock(clock.seconds),
  });
  clock.tell(bench.info.media === null ? "ready" : "loading");
  bench.header.showClock(clock.seconds);
  return clock;
}
