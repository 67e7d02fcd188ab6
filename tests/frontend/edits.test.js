import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../app/components/annotator/api.js";
import { EditQueue, leftovers, sendLeftovers } from "../../app/components/annotator/store/edits.js";

/** A `localStorage` in memory. */
function storage() {
  const map = new Map();
  return /** @type {any} */ ({
    get length() { return map.size; }, key: (/** @type {number} */ i) => [...map.keys()][i] ?? null, getItem: (/** @type {string} */ key) => map.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => map.set(key, value), removeItem: (/** @type {string} */ key) => map.delete(key),
  });
}
const edit = (/** @type {string} */ id) => /** @type {any} */ ({ id, group: id, kind: "comment.set", text: id, client_time: Number(id) });
const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

/** A server that commits each id once. */
function server() {
  /** @type {string[]} */
  const log = [];
  /** @type {any} */
  const self = {
    log, fail: null, refuse: new Set(), batches: 0,
    post: async (/** @type {any} */ batch) => {
      self.batches += 1;
      if (self.fail === "before") throw new ApiError("down", 0);
      if (self.fail === "whole" && batch.edits.some((/** @type {any} */ one) => self.refuse.has(one.id))) throw new ApiError("malformed", 400);
      const refused = batch.edits.filter((/** @type {any} */ one) => self.refuse.has(one.id)).map((/** @type {any} */ one) => ({ id: one.id, error: "no" }));
      for (const { id } of batch.edits) if (!self.refuse.has(id) && !log.includes(id)) log.push(id);
      if (self.fail === "after") throw new ApiError("lost", 0);
      return { saved: batch.edits.map((/** @type {any} */ one) => one.id).filter((/** @type {string} */ id) => !self.refuse.has(id)), refused, sequence: log.length, others: [] };
    },
  };
  return self;
}
/** @param {any} post @param {any} store @param {string} [session] */
function queue(post, store, session = "s1") {
  /** @type {any[]} */
  const answers = [];
  const made = new EditQueue({ post, storage: store, annotator: "ada", video: 7, session, sequence: 0, onState: () => {}, onAnswer: (...answer) => answers.push(answer) });
  return { made, answers };
}

test("an edit is in the storage before it is sent, and leaves when it is acknowledged", async () => {
  const [store, host] = [storage(), server()];
  const { made } = queue((/** @type {any} */ batch) => {
    assert.equal(leftovers(store, "ada")[0].edits.length, 1);
    return host.post(batch);
  }, store);
  made.add([edit("1")]);
  assert.equal(made.state, "saving");
  await turn();
  assert.deepEqual([made.state, host.log, store.length], ["saved", ["1"], 0]);
});

test("while a batch is on its way the next edits wait, and go in order", async () => {
  const host = server();
  const { made } = queue(host.post, storage());
  for (const id of ["1", "2", "3"]) made.add([edit(id)]);
  await turn();
  assert.deepEqual([host.log, host.batches], [["1", "2", "3"], 2]);
});

test("a dead server is tried again until it lives; nothing is lost, nothing doubled", async () => {
  const [store, host] = [storage(), server()];
  const { made } = queue(host.post, store);
  host.fail = "before";
  made.add([edit("1")]);
  await turn();
  assert.equal(made.state, "not saved");
  host.fail = "after";
  made.add([edit("2")]);
  made.retry();
  await turn();
  assert.equal(made.state, "not saved", "committed, but the answer was lost");
  host.fail = null;
  made.retry();
  await turn();
  assert.deepEqual([made.state, host.log, store.length], ["saved", ["1", "2"], 0]);
});

test("a refused edit is told; those around it are saved", async () => {
  const host = server();
  host.refuse.add("2");
  const { made, answers } = queue(host.post, storage());
  made.add([edit("1"), edit("2"), edit("3")]);
  await turn();
  assert.deepEqual(host.log, ["1", "3"]);
  assert.deepEqual(answers[0][1].map((/** @type {any} */ one) => [one.edit.id, one.error]), [["2", "no"]]);
});

test("a batch refused as a whole goes edit by edit, so that one bad edit holds nothing back", async () => {
  const host = server();
  host.fail = "whole";
  host.refuse.add("2");
  const { made, answers } = queue(host.post, storage());
  made.add([edit("1"), edit("2"), edit("3")]);
  await turn();
  assert.deepEqual([host.log, made.state], [["1", "3"], "saved"]);
  assert.equal(answers.flatMap((answer) => answer[1]).length, 1);
});

test("what a closed tab left is sent by the next, in order of time", async () => {
  const [store, host] = [storage(), server()];
  host.fail = "before";
  const first = queue(host.post, store, "s1").made;
  first.add([edit("1"), edit("2")]);
  await turn();
  first.close();
  host.fail = null;
  const { made } = queue(host.post, store, "s2");
  made.add([edit("3")]);
  await turn();
  assert.deepEqual([host.log, store.length], [["1", "2", "3"], 0]);
});

test("edits of one closed tab keep their order although its clock was set back meanwhile", async () => {
  const [store, host] = [storage(), server()];
  host.fail = "before";
  const first = queue(host.post, store, "s1").made;
  first.add([edit("8"), edit("2"), edit("9")]);
  await turn();
  first.close();
  host.fail = null;
  queue(host.post, store, "s2");
  await turn();
  assert.deepEqual(host.log, ["8", "2", "9"]);
});

test("what was left of another video is sent too; another annotator's is not touched", async () => {
  const [store, host] = [storage(), server()];
  store.setItem("wtal:edits:ada:9:old", JSON.stringify([edit("5")]));
  store.setItem("wtal:edits:bob:9:old", JSON.stringify([edit("6")]));
  store.setItem("wtal:edits:ada:10:old", "not json");
  assert.deepEqual(await sendLeftovers({ post: host.post, storage: store, annotator: "ada", session: "s", except: 7 }), []);
  assert.deepEqual([host.log, store.length], [["5"], 1]);
});

test("a full storage is told, and the edit is sent all the same", async () => {
  const [store, host] = [storage(), server()];
  store.setItem = () => { throw new Error("quota"); };
  const { made } = queue(host.post, store);
  made.add([edit("1")]);
  assert.match(made.problem, /storage is full/);
  await turn();
  assert.deepEqual([host.log, made.state], [["1"], "saved"]);
});

test("a signed-out annotator's edits wait; they are not refused", () => {
  assert.equal(new ApiError("sign in", 401).passing, true);
  assert.equal(new ApiError("bad", 400).passing, false);
});
