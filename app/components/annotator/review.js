/** Commands that look through the video: uncertain places, gaps, the newest model, the grid of proposals. */
import { ahead, gapsOf } from "./gaps.js";
import { intersection, total } from "./intervals.js";
import { showNewest } from "./learning.js";
import { Grid } from "./panels/grid.js";
import { placeText, uncertainPlaces } from "./uncertain.js";

/** @typedef {import("./workbench.js").Workbench} Workbench */

/** In a longer view an uncertain place is too small to be judged; this much of the video is shown around it (microseconds). */
const CLOSE = 30_000_000;
/** A gap has been reviewed if no more of it was missed than this share, or than the pictures a jump may swallow (microseconds) but for half of it. */
const MISSED = 0.05;
const SWALLOWED = 250_000;

/** @param {Workbench} bench @returns {Record<string, () => void>} */
export function reviewsOf(bench) {
  return {
    uncertain: () => bench.places.go(1),
    uncertain_back: () => bench.places.go(-1),
    gaps: () => playGaps(bench),
    grid: () => Grid.open(bench),
    newest: () => {
      if (bench.model.newer === null) bench.say("No newer model has looked at this video.");
      else showNewest(bench);
    },
  };
}

/** The uncertain places of the open video, in the order of doubt, and the way through them. */
export class Places {
  /** Where the annotator has been, in order. @type {import("./uncertain.js").Place[]} */
  #path = [];
  #at = -1;

  /** @param {Workbench} bench */
  constructor(bench) {
    this.bench = bench;
  }

  /** Another model doubts elsewhere. */
  forget() {
    this.#path = [];
    this.#at = -1;
  }

  /** @param {1 | -1} way */
  go(way) {
    if (way < 0 && this.#at > 0) this.#at -= 1;
    else if (way > 0 && this.#at < this.#path.length - 1) this.#at += 1;
    else if (way > 0 && !this.#find()) return;
    if (this.#at >= 0) this.#show(this.#path[this.#at]);
  }

  /** The most doubtful place not seen yet; labels made meanwhile count. @returns {boolean} */
  #find() {
    const { bench } = this;
    const { model } = bench;
    if (!model.curves) {
      bench.say(model.note || "The model's curves are not there yet.");
      return false;
    }
    const { labels, coverage, extent } = bench.labels.shown;
    const judged = (/** @type {string} */ label) => (labels.get(label) === false ? [extent] : (coverage.get(label) ?? []));
    const places = uncertainPlaces({ curves: model.curves, proposals: bench.openProposals, range: model.range, annotations: bench.annotations, judged });
    const seen = new Set(this.#path.map(keyOf));
    const next = places.find((place) => !seen.has(keyOf(place)));
    if (!next) {
      bench.say(places.length ? "All uncertain places were shown; again from the first." : "No uncertain place is left unjudged.");
      this.forget();
      return false;
    }
    this.#path.push(next);
    this.#at = this.#path.length - 1;
    return true;
  }

  /** @param {import("./uncertain.js").Place} place */
  #show(place) {
    const { bench } = this;
    const { view } = bench.timeline;
    bench.current = place.label;
    bench.selection = { type: place.proposal ? "proposal" : null, id: place.proposal?.id ?? null, edge: place.edge };
    if (view.span > 2 * CLOSE) view.show(place.time - CLOSE / 2, CLOSE);
    bench.timeline.reveal(place.time, place.time + 1);
    bench.timeline.revealClass(place.label);
    bench.player.seekTime(place.edge === "end" ? place.time - 1 : place.time);
    bench.timeline.moved();
    bench.render();
    bench.say(`${placeText(place)} (${this.#at + 1})`);
  }
}

/** @param {import("./uncertain.js").Place} place */
const keyOf = ({ kind, label, time }) => `${kind} ${label} ${time}`;

/** Play what is neither labelled nor checked, from the playhead on; pressed again while it runs, stop. @param {Workbench} bench */
function playGaps(bench) {
  const { player } = bench;
  if (player.tour.length) {
    player.stop();
    return;
  }
  const gaps = openGaps(bench);
  if (gaps.length === 0) {
    bench.say("No gap: everything is labelled or checked.");
    return;
  }
  const left = ahead(gaps, player.time);
  bench.say(`${left.length} ${left.length === 1 ? "gap" : "gaps"}, ${bench.clock(bench.info.origin + total(left))} long; ${bench.keyOf("gaps")} or ${bench.keyOf("play")} stops.`);
  player.playOnly(left);
}

/** @param {Workbench} bench */
const openGaps = (bench) => gapsOf(bench.labels.shown.extent, bench.annotations, bench.coverage.checkedAll);

/** The last gap has been played: what was seen and is not labelled can be called background at once. @param {Workbench} bench */
export function reviewed(bench) {
  const { watched } = bench;
  const seen = openGaps(bench).filter((gap) => {
    const long = total([gap]);
    return long - total(intersection(watched, [gap])) <= Math.max(MISSED * long, Math.min(SWALLOWED, long / 2));
  });
  if (seen.length === 0) {
    bench.say("That was the last gap.");
    return;
  }
  bench.ask(`${seen.length === 1 ? "This gap was" : `${seen.length} gaps were`} on the screen. Is nothing in there but background?`, [
    { says: "Yes, checked", does: () => checkAll(bench, seen) },
    { says: "Not yet", does: () => {} },
  ]);
}

/** @param {Workbench} bench @param {import("./types.js").Span[]} spans */
function checkAll(bench, spans) {
  bench.commit(spans.map(([start, end]) => ({ kind: "coverage.add", labels: null, start: bench.frames.snap(start), end: bench.frames.snap(end) })));
  bench.say(`${spans.length} ${spans.length === 1 ? "gap" : "gaps"} checked: background.`);
}
