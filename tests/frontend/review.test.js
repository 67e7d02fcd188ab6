import assert from "node:assert/strict";
import { test } from "node:test";
import { clicksInside, isLabelled } from "../../app/components/annotator/agreement.js";
import { ahead, gapsOf } from "../../app/components/annotator/gaps.js";
import { Curves } from "../../app/components/annotator/timeline/curves.js";
import { placeText, uncertainPlaces } from "../../app/components/annotator/uncertain.js";

const S = 1_000_000;
const full = (start, end, label = "Run") => ({ id: `${start}`, label, level: "full", clicks: [], start, end, model_assisted: false });
const clicks = (...times) => ({ id: `c${times[0]}`, label: "Run", level: times.length === 1 ? "one-segment" : "two-segment", clicks: times, start: null, end: null, model_assisted: false });
const proposal = (id, start, end, score, label = "Run") => ({ id, label, start, end, score, state: "open" });

/** Ten snippets of a second, one class; s and b in bytes, which are hundredths on a scale from 0 to 2.55. */
function curves(cas, threshold = 100) {
  return new Curves({ run: 1, n_snippets: 10, classes: ["Run"], edges: Array.from({ length: 11 }, (_, i) => i * S), low: 0, high: 2.55, rows: 2 }, Uint8Array.from([...cas, ...Array(10).fill(threshold)]));
}

const look = (what) => uncertainPlaces({ proposals: [], range: [0, 1], annotations: [], judged: () => [], ...what });

test("of a proposal's edges the one that is crossed slowly is doubted first", () => {
  // |s - b| around the start (snippets 1 to 4): 100, 100, 100, 100; around the end (5 to 8): 100, 20, 10, 20; largest 100.
  const places = look({ curves: curves([0, 0, 0, 200, 200, 200, 120, 90, 80, 0]), proposals: [proposal(1, 3 * S, 7 * S, 1)] });
  assert.deepEqual(places.map(({ kind, edge, time }) => [kind, edge, time]).slice(0, 1), [["edge", "end", 7 * S]]);
  assert.ok(Math.abs(places[0].margin - (1 + 0.2 + 0.1 + 0.2) / 4) < 1e-9);
  assert.ok(Math.abs(places[0].doubt - (1 - 37.5 / 100)) < 1e-9);
  assert.equal(placeText(places[0]), "Does Run end here? s and b are .38 apart.");
});

test("a middling score is doubted most, a sure one not at all", () => {
  const sure = curves(Array(10).fill(0).map((_, i) => (i > 2 && i < 7 ? 255 : 0)), 128);
  const places = look({ curves: sure, proposals: [proposal(1, 3 * S, 7 * S, 0.5)] });
  assert.deepEqual([places[0].kind, places[0].doubt, placeText(places[0])], ["score", 1, "Is this Run? Score .50."]);
});

test("a peak just below the threshold may be a missed instance; one far below is not", () => {
  // Largest distance 100: a peak counts from 25 below. Doubt 1 - 5 / 25.
  const places = look({ curves: curves([0, 0, 95, 0, 0, 60, 0, 0, 0, 0]) });
  assert.deepEqual(places.map(({ kind, time, doubt }) => [kind, time, doubt]), [["missed", 2 * S, 0.8]]);
  assert.equal(placeText(places[0]), "Is Run missed here? It stays .05 below the threshold.");
});

test("what a person has labelled or checked is no question", () => {
  const peak = curves([0, 0, 95, 0, 0, 0, 0, 0, 0, 0]);
  assert.equal(look({ curves: peak, annotations: [full(2 * S, 3 * S)] }).length, 0);
  assert.equal(look({ curves: peak, judged: () => [[0, 5 * S]] }).length, 0);
  assert.equal(look({ curves: peak, annotations: [full(2 * S, 3 * S, "Jump")] }).length, 1, "another class says nothing of this one");
});

test("places of one class that lie together are one", () => {
  const places = look({ curves: curves([0, 0, 95, 99, 0, 0, 0, 0, 0, 0]), proposals: [proposal(1, 3 * S, 4 * S, 0.5)] });
  assert.equal(new Set(places.map(({ time }) => Math.round(time / (2 * S)))).size, places.length);
});

test("gaps are what is neither labelled nor checked, without rims", () => {
  assert.deepEqual(gapsOf([0, 10 * S], [full(2 * S, 3 * S), clicks(5 * S, 6 * S), clicks(8 * S)], [[0, 1.9 * S]]), [[3 * S, 5 * S], [6 * S, 10 * S]]);
  assert.deepEqual(gapsOf([0, 10 * S], [], [[0, 10 * S]]), []);
});

test("review goes on from the playhead, and from the first gap when none is left", () => {
  const gaps = [[0, 2 * S], [4 * S, 6 * S]];
  assert.deepEqual(ahead(gaps, 1 * S), [[1 * S, 2 * S], [4 * S, 6 * S]]);
  assert.deepEqual(ahead(gaps, 3 * S), [[4 * S, 6 * S]]);
  assert.deepEqual(ahead(gaps, 7 * S), gaps);
});

test("a proposal is labelled already from a tIoU of one half", () => {
  assert.equal(isLabelled(proposal(1, 0, 2 * S, 1), [full(0, 1 * S)]), true, "1 of 2");
  assert.equal(isLabelled(proposal(1, 0, 2.1 * S, 1), [full(0, 1 * S)]), false);
  assert.equal(isLabelled(proposal(1, 0, 2 * S, 1), [full(0, 2 * S, "Jump")]), false);
  assert.equal(isLabelled(proposal(1, 0, 2 * S, 1), [clicks(1 * S)]), false, "a click is made exact, not skipped");
});

test("an accepted proposal makes the one clicked instance inside it exact, and never chooses between two", () => {
  const [one, two] = [clicks(1 * S), clicks(1.5 * S)];
  assert.equal(clicksInside(proposal(1, 0, 2 * S, 1), [one]), one);
  assert.equal(clicksInside(proposal(1, 0, 2 * S, 1), [one, two]), null);
  assert.equal(clicksInside(proposal(1, 0, 1 * S, 1), [one]), null, "the end is outside");
});
