import assert from "node:assert/strict";
import { test } from "node:test";
import { keepWatched, watchedBefore } from "../../app/components/annotator/store/watched.js";

/** @param {Map<string, string>} map */
const storage = (map) => /** @type {any} */ ({ getItem: (/** @type {string} */ key) => map.get(key) ?? null, setItem: (/** @type {string} */ key, /** @type {string} */ value) => map.set(key, value) });

test("what was watched is kept per annotator and video", () => {
  const kept = storage(new Map());
  keepWatched({ id: 7, annotator: "ada" }, [[0, 40], [90, 120]], kept);
  assert.deepEqual(watchedBefore({ id: 7, annotator: "ada" }, kept), [[0, 40], [90, 120]]);
  assert.deepEqual(watchedBefore({ id: 8, annotator: "ada" }, kept), []);
  assert.deepEqual(watchedBefore({ id: 7, annotator: "bob" }, kept), []);
});

test("a damaged storage counts as nothing watched", () => {
  for (const text of ["{", "3", '[["a", 2], [1]]', "null"]) {
    const kept = storage(new Map([["wtal:watched:ada:7", text]]));
    assert.deepEqual(watchedBefore({ id: 7, annotator: "ada" }, kept), []);
  }
});
