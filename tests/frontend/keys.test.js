import assert from "node:assert/strict";
import { test } from "node:test";
import { chord, chordsOf, COMMANDS, keyTable, rebound } from "../../app/components/annotator/keys.js";

const meaning = (/** @type {any} */ event, table = keyTable({}, [])) => chordsOf(event).map((key) => table.commands.get(key)).find(Boolean);

test("chords have one spelling", () => {
  assert.deepEqual(["ctrl + shift+z", "Cmd+Z", "Alt+ArrowLeft", "Ctrl++", "+"].map(chord), ["Ctrl+Shift+Z", "Ctrl+Z", "Alt+Left", "Ctrl++", "+"]);
});

test("keys mean what they type, on layouts where the keys lie elsewhere too", () => {
  assert.equal(meaning({ key: "?", code: "Minus", shiftKey: true }), "shortcuts"); // German
  assert.equal(meaning({ key: "/", code: "Digit7", shiftKey: true }), "search"); // German
  assert.equal(meaning({ key: "ת", code: "KeyX" }), "reject"); // Hebrew types no x
  assert.equal(meaning({ key: "Ω", code: "KeyZ", ctrlKey: true }), "undo");
  assert.equal(meaning({ key: "+", code: "Equal", ctrlKey: true, shiftKey: true }), "zoom_in");
});

test("Alt with a digit works where Alt types another letter", () => {
  assert.equal(meaning({ key: "¡", code: "Digit1", altKey: true }), "level_video"); // Mac
});

test("a digit typed with Shift is that digit, an unshifted digit key too", () => {
  const table = keyTable({}, [{ name: "Run", key: "1" }]);
  const label = (/** @type {any} */ event) => chordsOf(event).map((key) => table.classes.get(key)).find(Boolean);
  assert.equal(label({ key: "1", code: "Digit1", shiftKey: true }), "Run"); // French
  assert.equal(label({ key: "&", code: "Digit1" }), "Run"); // French
});

test("no two commands share a key in the table as shipped", () => {
  const all = COMMANDS.flatMap(({ chords }) => chords.map(chord));
  assert.equal(new Set(all).size, all.length);
  assert.deepEqual(keyTable({}, []).conflicts, []);
});

test("a changed key replaces the usual ones, and collisions are told in words", () => {
  const table = keyTable({ reject: "r", done: "R", fly: "F" }, [{ name: "Run", key: "r" }, { name: "Jump", key: "7" }, { name: "Fall", key: "7" }]);
  assert.equal(table.commands.get("R"), "reject");
  assert.equal(table.commands.has("X"), false);
  assert.deepEqual([...table.classes], [["7", "Jump"]]);
  assert.equal(table.conflicts.length, 4);
  assert.match(table.conflicts.join(" "), /R is the key of both “reject” and “done”.*no command.*R cannot mark Run.*7 is the key of both Jump and Fall/);
});

test("a command takes a free key, and its usual key is not kept as a change", () => {
  const first = rebound({}, "loop", "Ctrl+L", []);
  assert.deepEqual(first, { changed: { loop: "Ctrl+L" }, conflict: "", swapped: null });
  assert.deepEqual(rebound(first.changed, "loop", "Shift+Space", []).changed, {});
});

test("a key that is taken is refused with the way out: another, or a swap", () => {
  const { changed, conflict, swapped } = rebound({}, "loop", "L", []);
  assert.deepEqual([changed, conflict], [{}, "L is the key of “shuttle faster”."]);
  assert.deepEqual(swapped, { loop: "L", faster: "Shift+Space" });
  const table = keyTable(swapped, []);
  assert.deepEqual([table.commands.get("L"), table.commands.get("Shift+Space"), table.conflicts], ["loop", "faster", []]);
});

test("keys of classes and of the browser are not given to commands", () => {
  assert.match(rebound({}, "loop", "1", [{ name: "Run", key: "1" }]).conflict, /1 marks Run/);
  assert.match(rebound({}, "loop", "Ctrl+W", []).conflict, /belongs to the browser/);
});
