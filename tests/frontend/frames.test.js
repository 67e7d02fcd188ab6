import assert from "node:assert/strict";
import { test } from "node:test";
import { FrameTable } from "../../app/components/annotator/frames.js";

const table = new FrameTable([1_500_000, 1_540_000, 1_573_333, 1_700_000], 1_740_000);

test("the frame on the screen is the last that starts at or before the time", () => {
  const frames = [1_499_999, 1_500_000, 1_539_999, 1_540_000, 1_699_999, 1_700_000, 9_000_000].map((time) => table.at(time));
  assert.deepEqual(frames, [0, 0, 0, 1, 2, 3, 3]);
});

test("a media time bent by a float still finds its frame", () => {
  assert.equal(table.nearest(1.573332999 * 1e6), 2);
  assert.equal(table.nearest(1_573_333.4), 2);
});

test("the middle of every frame is shown by that frame, whatever the rate", () => {
  for (let i = 0; i < table.length; i += 1) assert.equal(table.at(table.middle(i)), i);
});

test("borders are the starts of frames and the end of the video", () => {
  assert.deepEqual([0, 1_519_000, 1_521_000, 1_640_000, 1_725_000, 9e6].map((time) => table.snap(time)), [1_500_000, 1_500_000, 1_540_000, 1_700_000, 1_740_000, 1_740_000]);
});

test("times come as little-endian 64-bit integers", () => {
  const bytes = new DataView(new ArrayBuffer(16));
  bytes.setBigInt64(0, 33_367n, true);
  bytes.setBigInt64(8, 10_800_000_000n, true); // three hours need more than 32 bits
  assert.deepEqual([...FrameTable.parse(bytes.buffer, 10_800_033_367).times], [33_367, 10_800_000_000]);
});

test("features without pictures have a grid of forty milliseconds", () => {
  const grid = FrameTable.without(0, 100_000);
  assert.deepEqual([grid.times, grid.end], [[0, 40_000, 80_000], 100_000]);
});

test("a table without times is refused", () => {
  assert.throws(() => new FrameTable([], 10), /at least one time/);
});
