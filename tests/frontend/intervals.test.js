import assert from "node:assert/strict";
import { test } from "node:test";
import { added, covers, intersection, merged, removed, total } from "../../app/components/annotator/intervals.js";

test("touching spans join, empty ones vanish", () => {
  assert.deepEqual(merged([[5, 7], [0, 2], [2, 3], [9, 9], [6, 8]]), [[0, 3], [5, 8]]);
});

test("what is added and removed again is gone, what lay around it stays", () => {
  assert.deepEqual(removed(added([[0, 2]], [5, 9]), [1, 6]), [[0, 1], [6, 9]]);
});

test("random spans behave like sets of moments", () => {
  let seed = 7;
  const chance = (/** @type {number} */ n) => (seed = (seed * 16807) % 2147483647) % n;
  const span = () => {
    const start = chance(30);
    return /** @type {[number, number]} */ ([start, start + chance(8)]);
  };
  const moments = (/** @type {[number, number][]} */ spans) => new Set(spans.flatMap(([start, end]) => Array.from({ length: end - start }, (_, i) => start + i)));
  for (let round = 0; round < 300; round += 1) {
    const [a, b, hole] = [merged([span(), span(), span()]), merged([span(), span()]), span()];
    assert.deepEqual(moments(intersection(a, b)), new Set([...moments(a)].filter((m) => moments(b).has(m)).sort((x, y) => x - y)));
    assert.deepEqual(moments(removed(a, hole)), new Set([...moments(a)].filter((m) => m < hole[0] || m >= hole[1])));
    assert.equal(total(a), moments(a).size);
  }
});

test("a span is covered by one span, not by two that leave a gap", () => {
  assert.equal(covers([[0, 10]], [2, 10]), true);
  assert.equal(covers([[0, 5], [6, 10]], [2, 8]), false);
});
