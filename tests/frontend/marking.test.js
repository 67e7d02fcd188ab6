import assert from "node:assert/strict";
import { test } from "node:test";
import { Marking } from "../../app/components/annotator/marking.js";

/** A frame that was marked as it was seen: nothing was taken off. */
const at = (time) => ({ time, pressed: null });

test("at level video a press toggles", () => {
  assert.deepEqual(new Marking().press("Run", "video", 40, 0), { kind: "toggle", label: "Run" });
});

test("at one click every press is an instance", () => {
  const marking = new Marking();
  assert.deepEqual([1, 2].map((time) => marking.press("Run", "one-segment", at(time), 0)), [1, 2].map((time) => ({ kind: "click", label: "Run", moments: [at(time)] })));
});

test("at two clicks the second press closes, in either order of time", () => {
  const marking = new Marking();
  assert.equal(marking.press("Run", "two-segment", at(80), 0).kind, "opened");
  assert.deepEqual(marking.press("Run", "two-segment", at(40), 0), { kind: "pair", label: "Run", moments: [at(40), at(80)] });
});

test("at two clicks letting go of the key closes nothing", () => {
  const marking = new Marking();
  marking.press("Run", "two-segment", at(40), 0);
  assert.equal(marking.release("Run", at(80), 2000), null);
});

test("at level full a hold is an instance, a tap waits for the second", () => {
  const marking = new Marking();
  marking.press("Run", "full", at(40), 0);
  assert.deepEqual(marking.release("Run", at(90), 400), { kind: "span", label: "Run", moments: [at(40), at(90)] });
  marking.press("Run", "full", at(100), 1000);
  assert.equal(marking.release("Run", at(101), 1100), null, "a tap of 100 ms");
  assert.deepEqual(marking.press("Run", "full", at(140), 2000), { kind: "span", label: "Run", moments: [at(100), at(140)] });
  assert.equal(marking.release("Run", at(150), 2600), null, "the second tap may be as long as it likes");
});

test("a hold on one standing picture is a tap: an instance of no length says nothing", () => {
  const marking = new Marking();
  marking.press("Run", "full", at(40), 0);
  assert.equal(marking.release("Run", at(40), 900), null);
  assert.equal(marking.open.size, 1);
});

test("losing the keyboard turns a hold into a tap", () => {
  const marking = new Marking();
  marking.press("Run", "full", at(40), 0);
  marking.letGo();
  assert.equal(marking.release("Run", at(90), 900), null);
});

test("dropping takes the newest open mark first, then the in and out marks", () => {
  const marking = new Marking();
  marking.press("Run", "two-segment", at(1), 0);
  marking.press("Jump", "two-segment", at(2), 0);
  marking.marks = { in: at(9), out: at(3) };
  assert.deepEqual(marking.marked, [at(3), at(9)]);
  assert.deepEqual([marking.drop(), [...marking.open.keys()]], [true, ["Run"]]);
  marking.drop();
  assert.deepEqual([marking.drop(), marking.marked, marking.drop()], [true, null, false]);
});

test("what was pressed goes with its mark, in whichever order the marks lie", () => {
  const marking = new Marking();
  marking.press("Run", "two-segment", { time: 80, pressed: 90 }, 0);
  assert.deepEqual(marking.press("Run", "two-segment", at(40), 0).moments, [at(40), { time: 80, pressed: 90 }]);
});
