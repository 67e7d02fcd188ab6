import assert from "node:assert/strict";
import { test } from "node:test";
import { clockText, placeOf, scoreText, splitTimes, storedText } from "../../app/components/annotator/format.js";
import { FrameTable } from "../../app/components/annotator/frames.js";
import { found } from "../../app/components/annotator/panels/palette.js";
import { changesText } from "../../app/components/annotator/panels/changes.js";
import { median } from "../../app/components/annotator/panels/reaction.js";
import { bounded, clicked, edgeTime, reshaped, withPresses } from "../../app/components/annotator/statements.js";
import { ActiveTime } from "../../app/components/annotator/clock.js";

const frames = new FrameTable([0, 40, 80, 120, 160], 200);

test("an instance of no length is one frame long", () => {
  assert.deepEqual([bounded("a", "Run", 80, 80, frames).end, bounded("a", "Run", 160, 160, frames).end], [120, 200]);
});

test("a click moves to pictures, a boundary to the borders between them", () => {
  const click = clicked("a", "Run", [80]);
  assert.deepEqual(reshaped(click, null, 139, "one-segment", frames).clicks, [120]);
  assert.equal(reshaped(click, "end", 139, "full", frames).end, 120);
  assert.equal(reshaped(click, "end", 141, "full", frames).end, 160);
});

test("pulling a side of a click keeps the click inside", () => {
  const left = reshaped(clicked("a", "Run", [80]), "start", 5, "full", frames);
  assert.deepEqual([left.level, left.start, left.end, left.clicks], ["full", 0, 120, []]);
  const right = reshaped(clicked("a", "Run", [80]), "end", 165, "full", frames);
  assert.deepEqual([right.start, right.end], [80, 160]);
});

test("at two clicks the sides are clicks, and a click is no boundary of itself", () => {
  const pair = reshaped(clicked("a", "Run", [80]), "end", 170, "two-segment", frames);
  assert.deepEqual([pair.level, pair.clicks], ["two-segment", [80, 160]]);
  assert.deepEqual(reshaped(pair, "start", 199, "two-segment", frames).clicks, [160, 160]);
  const full = reshaped(pair, "start", 40, "full", frames);
  assert.deepEqual([full.level, full.start, full.end], ["full", 40, 200]);
});

test("edges do not cross, and do not leave the video", () => {
  const full = bounded("a", "Run", 40, 120, frames);
  assert.deepEqual([reshaped(full, "start", 500, "full", frames).start, reshaped(full, "end", -9, "full", frames).end], [80, 80]);
  assert.deepEqual([reshaped(full, "end", 999, "full", frames).end, reshaped(full, "start", -999, "full", frames).start], [200, 0]);
  assert.deepEqual([edgeTime(full, "start"), edgeTime(full, "end"), edgeTime(clicked("a", "Run", [80]), null)], [40, 120, 80]);
});

test("times are cut, never rounded up to a later frame", () => {
  assert.deepEqual([clockText(59_999_999, 1), clockText(3_600_000_000, 0), clockText(20_480_000, 3), clockText(-3)], ["0:59.9", "1:00:00", "0:20.480", "0:00.0"]);
});

test("a stored value is written to a millionth", () => {
  assert.deepEqual([storedText(0.8742134), storedText(-1.5), scoreText(0.906), scoreText(1.17)], [".874213", "-1.500000", ".91", "1.17"]);
});

test("times in a reason can be clicked", () => {
  assert.deepEqual(splitTimes("gate unsure at 0:21.3 and 1:02:03").filter(({ time }) => time !== null).map(({ time }) => time), [21_300_000, 3_723_000_000]);
});

test("typing finds classes, those that begin so first", () => {
  const classes = ["High jump", "Jumping jack", "Shot put"].map((name) => /** @type {any} */ ({ name }));
  assert.deepEqual(found(classes, " JUMP").map(({ name }) => name), ["Jumping jack", "High jump"]);
  assert.equal(found(classes, "").length, 3);
});

test("active time is the sum of capped gaps; hidden and loading gaps do not count", () => {
  const time = new ActiveTime(30);
  const at = (/** @type {number} */ monotonic, kind = "key", visible = true) => time.add(/** @type {any} */ ({ kind, monotonic, visible }));
  at(0, "open");
  at(0, "loading");
  at(9_000, "ready"); // loading: 0
  at(12_000); // 3 s
  at(100_000); // idle: 30 s
  at(101_000, "hidden", false); // 1 s
  at(500_000, "visible"); // hidden: 0
  at(502_000, "close"); // 2 s
  assert.equal(time.total, 36_000);
  assert.equal(time.since(900_000), 0);
});

test("what was pressed stays with a time that is not moved, and goes with one that is", () => {
  const pair = withPresses(clicked("a", "Run", [40, 80]), [60, 100], 20);
  assert.deepEqual([pair.pressed, pair.compensation], [[60, 100], 20]);
  const moved = reshaped(pair, "end", 120, "two-segment", frames);
  assert.deepEqual([moved.clicks, moved.pressed, moved.compensation], [[40, 120], [60, null], 20]);
  assert.equal(reshaped(moved, "start", 0, "two-segment", frames).pressed, undefined, "nothing pressed is left");
  assert.equal(reshaped(pair, "end", 120, "full", frames).pressed, undefined, "a boundary was never pressed");
});

test("undo says what it did", () => {
  const one = clicked("a", "Run", [40]);
  const before = new Map([["a", one]]);
  assert.equal(changesText([{ kind: "annotation.delete", annotation_id: "a" }], before, 0), "Run one · 0:00.000 is gone");
  assert.equal(changesText([{ kind: "annotation.put", annotation: one }], new Map(), 0), "Run one · 0:00.000 is back");
  assert.equal(changesText([{ kind: "label.set", label: "Run", present: null }], before, 0), "Run is unknown");
  assert.equal(changesText(Array(9).fill({ kind: "annotation.delete", annotation_id: "a" }), before, 0), "Run one · 0:00.000 is gone, and 8 more");
});

test("the middle of five reaction times", () => {
  assert.equal(median([250, 900, 240.4, 260, 230]), 250);
});

test("a place is typed as a time or as a frame", () => {
  assert.deepEqual(["1:02:03.5", "2:03", "83,2", ".5", " #250 "].map(placeOf), [{ time: 3_723_500_000 }, { time: 123_000_000 }, { time: 83_200_000 }, { time: 500_000 }, { frame: 250 }]);
  assert.deepEqual(["", "abc", "1:2:3:4", "#", "-3"].map(placeOf), [null, null, null, null, null]);
});
