import assert from "node:assert/strict";
import { test } from "node:test";
import { FrameTable } from "../../app/components/annotator/frames.js";
import { pasted, tableOf } from "../../app/components/annotator/paste.js";

const ORIGIN = 500_000;
/** 25 pictures a second from half a second on, ten seconds long. */
const frames = new FrameTable(Array.from({ length: 250 }, (_, i) => ORIGIN + 40_000 * i), ORIGIN + 10_000_000);

function target(annotations = []) {
  return { name: "jump.mp4", origin: ORIGIN, classes: ["Long, jump", "Run"], frames, annotations };
}

const put = (text, annotations) => {
  let n = 0;
  return pasted(text, target(annotations), () => `new-${(n += 1)}`);
};

test("a table of every level becomes edits on frames, counted from the first picture", () => {
  const { changes, refused } = put([
    "label;start;end;level;click1;click2;video", "Run;1;2.01;full;;;jump.mp4", '"Long, jump";;;one-segment;3.05;;jump', "Run;;;;5;4;", "Run;;;video;;;", ";6;7;ambiguous;;;",
  ].join("\r\n"));
  assert.deepEqual(refused, []);
  assert.deepEqual(changes.map(({ kind, annotation, ...rest }) => [kind, annotation?.label, annotation?.clicks, annotation?.start, annotation?.end, rest]), [
    ["annotation.put", "Run", [], 1_500_000, 2_500_000, {}],
    ["annotation.put", "Long, jump", [3_540_000], null, null, {}],
    ["annotation.put", "Run", [4_500_000, 5_500_000], null, null, {}],
    ["label.set", undefined, undefined, undefined, undefined, { label: "Run", present: true }],
    ["ambiguous.add", undefined, undefined, undefined, undefined, { start: 6_500_000, end: 7_500_000 }],
  ]);
});

test("ActivityNet's JSON and our own are read", () => {
  const database = { "jump.mp4": { annotations: [{ segment: ["1.0", "2.0"], label: "Run" }], clicks: [{ times: [3], label: "Run" }], ambiguous: [[4, 5]] } };
  assert.deepEqual(put(JSON.stringify({ database })).changes.map(({ kind, annotation }) => [kind, annotation?.level]), [
    ["annotation.put", "full"], ["annotation.put", "one-segment"], ["ambiguous.add", undefined]]);
  assert.equal(put('[{"label": "Run", "start": 1, "end": 2}]').changes.length, 1);
});

test("each line that cannot be is refused by its number and in words, and the others are taken", () => {
  const { changes, refused } = put(["video,label,start,end", "jump,Run,1,2", "jump,Swim,1,2", "other,Run,1,2", "jump,Run,2,1", "jump,Run,1,20", "jump,Run,x,2", "jump,Run,0,10.001"].join("\n"));
  assert.equal(changes.length, 1);
  assert.deepEqual(refused, [
    "line 3: class Swim is not in the class list; add it in the Library first",
    "line 4: is of video other, this is jump.mp4",
    "line 5: its end, 1 s, is not after its start, 2 s",
    "line 6: 20 s lies outside the video, which is 10.000 s long",
    "line 7: its times are no numbers of seconds",
    "line 8: 10.001 s lies outside the video, which is 10.000 s long",
  ]);
});

test("what is no table of labels is said to be none", () => {
  assert.throws(() => put("hello"), /no column “label”/);
  assert.throws(() => put("label,start,end"), /no label/);
  assert.throws(() => put("{oops"), /begins like JSON/);
  assert.throws(() => put('{"a": 1}'), /without annotations/);
  assert.throws(() => put(`label\n${"Run\n".repeat(10_001)}`), /10000 at a time/);
});

test("a copied table is pasted as nothing new here, and as the same labels elsewhere", () => {
  const { changes } = put("label,start,end,click1\nRun,1,2,\n\"Long, jump\",,,3");
  const annotations = changes.map(({ annotation }) => annotation);
  const text = tableOf("jump.mp4", annotations, ORIGIN);
  assert.deepEqual(put(text, annotations), { changes: [], known: 2, refused: [] });
  assert.deepEqual(put(text).changes.map(({ annotation }) => ({ ...annotation, id: "" })), annotations.map((one) => ({ ...one, id: "" })));
});

test("a thousand lines are one list of edits", () => {
  const lines = Array.from({ length: 1000 }, (_, i) => `Run,${(i * 0.01).toFixed(2)},${(i * 0.01 + 0.5).toFixed(2)}`);
  const { changes, known, refused } = put(["label,start,end", ...lines].join("\n"));
  assert.equal(changes.length + known + refused.length, 1000);
  assert.equal(refused.length, 49, "from 9.51 s on the end lies past ten seconds");
});
