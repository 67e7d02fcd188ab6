/** What the pointer on the timeline does to the open video. @typedef {import("./workbench.js").Workbench} Workbench */
import { annotationText, spanText } from "./panels/lists.js";
import { reshaped } from "./statements.js";
import { spanOf } from "./timeline/spans.js";

/** @param {Workbench} bench @returns {import("./timeline/timeline.js").Actions} */
export function actionsOf(bench) {
  return {
    seek: (time) => bench.player.seekTime(time),
    select: (box, edge) => {
      bench.selection = { type: box?.type ?? null, id: box?.id ?? null, edge: box?.level === "one-segment" ? null : edge };
      if (box) bench.current = box.label;
      bench.render();
    },
    shaped: (box, edge, time) => {
      bench.selection = { type: box.type, id: box.id, edge };
      const item = bench.selectedAsAnnotation;
      if (!item) return null;
      const shaped = reshaped(item, edge, time, bench.level, bench.frames);
      bench.player.seekTime(edge === "end" ? spanOf(shaped)[1] - 1 : spanOf(shaped)[0]);
      return shaped;
    },
    shape: (_box, annotation) => bench.deeds.shape(annotation),
    add: (time, name) => bench.deeds.add(time, name ?? bench.current),
    draw: (span, name) => bench.deeds.draw(span, name ?? bench.current),
    accept: (box) => bench.deeds.accept(bench.openProposals.filter(({ id }) => id === box.id)),
    cover: (span, isJudged) => bench.deeds.cover(span, isJudged),
    describe: (box) => describe(bench, box),
  };
}

/** What a tooltip says of a span. @param {Workbench} bench @param {import("./timeline/spans.js").Box} box */
function describe(bench, { type, id, label, start, end }) {
  const times = spanText(start, end, bench.info.origin);
  if (type === "proposal") {
    const proposal = bench.model.proposals.find((one) => one.id === id);
    return `${label}  ${proposal?.score.toFixed(3) ?? ""}\n${times} · ${bench.model.title(bench.model.run)}`;
  }
  const annotation = bench.labels.shown.annotations.get(String(id));
  const who = annotation?.annotator ?? bench.info.annotator;
  return `${label}\n${annotation ? annotationText(annotation, bench.info.origin) : times} · ${who}${annotation?.model_assisted ? ", from a proposal" : ""}`;
}
