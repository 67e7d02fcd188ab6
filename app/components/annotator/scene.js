/** Everything the open video is shown as: one pass from its state to header, lists, palette and timeline. */

/** @typedef {import("./workbench.js").Workbench} Workbench */

/** @param {Workbench} bench */
export function showScene(bench) {
  const { labels, selection, marking, annotations } = bench;
  const open = [...marking.open.values()];
  const proposals = bench.openProposals;
  const context = { origin: bench.info.origin, colourOf: (/** @type {string} */ label) => bench.colourOf(label), select: chooser(bench) };
  bench.element.dataset.model = bench.model.run === null ? "no" : "yes";
  bench.header.show(bench.level, bench.isComplete);
  bench.labelList.show(annotations, open, selection, context);
  bench.proposalList.show(proposalsOf(bench, proposals), selection, context);
  bench.palette.show(bench.current, (name) => bench.presence(name));
  bench.comment.show(labels.shown.comment);
  bench.timeline.show(timelineOf(bench, annotations, open));
  const counts = [[annotations.length, "label"], [proposals.length, "open proposal"], [bench.lanes.length, "curve"]];
  bench.timeline.element.setAttribute("aria-description", `${counts.map(([n, what]) => `${n} ${what}${n === 1 ? "" : "s"}`).join(", ")}. The lists beside tell each with its time; Tab goes from one to the next.`);
  bench.presented();
}

/** @param {Workbench} bench */
function chooser(bench) {
  return (/** @type {string} */ type, /** @type {string | number} */ id) =>
    bench.choose(bench.items.find((item) => item.id === id && ("clicks" in item) === (type === "annotation")) ?? null);
}

/** @param {Workbench} bench @param {import("./types.js").Proposal[]} proposals */
function proposalsOf(bench, proposals) {
  const { model, marking } = bench;
  const labelled = bench.undecided.length - proposals.length;
  const none = model.proposals.length === 0 ? (model.run === null ? "" : "None") : labelled ? "All decided or labelled already" : "All decided";
  return {
    proposals, title: model.title(model.run), threshold: model.threshold, range: model.range, newer: model.title(model.newer), note: model.note || none,
    current: marking.marked ? null : (bench.currentProposal?.id ?? null),
  };
}

/** @param {Workbench} bench @param {import("./types.js").Annotation[]} annotations @param {{label: string, time: number}[]} open @returns {import("./timeline/timeline.js").Scene} */
function timelineOf(bench, annotations, open) {
  const { labels, model, selection, marking } = bench;
  const { openProposals } = bench;
  const asked = new Set(openProposals.map(({ id }) => id));
  const labelled = bench.undecided.filter(({ id }) => !asked.has(id));
  return {
    annotations, proposals: [...openProposals, ...labelled], selection, ...bench.coverage, ambiguous: labels.shown.ambiguous,
    colourOf: (label) => bench.colourOf(label), strengthOf: (proposal) => (asked.has(proposal.id) ? model.strength(proposal) : 0),
    classes: bench.lanes, curves: model.curves, before: model.before, runTitle: model.title(model.run), beforeTitle: model.title(model.runBefore),
    note: model.note, strip: bench.strip, stripInfo: bench.info.strip, open, marks: { in: marking.marks.in?.time ?? null, out: marking.marks.out?.time ?? null },
  };
}
