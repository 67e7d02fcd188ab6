import assert from "node:assert/strict";
import test from "node:test";
import { FrameTable } from "../../app/components/annotator/frames.js";
import { Watching } from "../../app/components/annotator/watching.js";

/** Forty milliseconds to a frame, ten frames. */
const frames = new FrameTable(Array.from({ length: 10 }, (_, i) => 40_000 * i), 400_000);

test("what runs past while playing was watched, what a seek leaps over was not", () => {
  const playing = new Watching(frames);
  playing.saw(0, 0, 0);
  playing.saw(4, 0, 1); // three pictures the browser dropped
  assert.deepEqual(playing.spans, [[0, 200_000]]);
  playing.saw(8, 4, 0);
  assert.deepEqual(playing.spans, [[0, 200_000], [320_000, 360_000]]);
});

test("a gap of more than half a second at the speed of watching is a leap", () => {
  const slow = new FrameTable([0, 600_000, 1_200_000], 1_800_000);
  const [once, twice] = [new Watching(slow), new Watching(slow)];
  once.saw(0, 0, 0);
  once.saw(2, 0, 1);
  twice.saw(0, 0, 0);
  twice.saw(2, 0, 3); // at three times the speed, 1.2 s of video pass in 0.4 s
  assert.deepEqual([once.spans, twice.spans], [[[0, 600_000], [1_200_000, 1_800_000]], [[0, 1_800_000]]]);
});
