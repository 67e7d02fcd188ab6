/**
 * The key table. A chord is written `Ctrl+Shift+Z`; on a Mac the command key counts as Ctrl. Keys that need Shift to be
 * typed (`?`, `<`, `>`) are named by what they type, so that they work on every layout.
 */

/**
 * Commands in the order of the shortcuts sheet: name, what it does, chords.
 * @type {{command: string, says: string, chords: string[]}[]}
 */
export const COMMANDS = [
  { command: "play", says: "play / pause", chords: ["Space"] },
  { command: "frame_back", says: "one frame back", chords: ["Left"] },
  { command: "frame_on", says: "one frame on", chords: ["Right"] },
  { command: "second_back", says: "one second back", chords: ["Shift+Left"] },
  { command: "second_on", says: "one second on", chords: ["Shift+Right"] },
  { command: "ten_back", says: "ten seconds back", chords: ["PageUp"] },
  { command: "ten_on", says: "ten seconds on", chords: ["PageDown"] },
  { command: "first", says: "first frame", chords: ["Home"] },
  { command: "last", says: "last frame", chords: ["End"] },
  { command: "go_to", says: "go to a time or a frame", chords: ["Alt+T"] },
  { command: "slower", says: "shuttle slower, then backwards", chords: ["J"] },
  { command: "stop", says: "stop", chords: ["K"] },
  { command: "faster", says: "shuttle faster", chords: ["L"] },
  { command: "speed_down", says: "speed down", chords: ["<"] },
  { command: "speed_up", says: "speed up", chords: [">"] },
  { command: "mute", says: "sound off / on", chords: ["Shift+M"] },
  { command: "loop", says: "play the selection, loop it", chords: ["Shift+Space"] },
  { command: "mark_in", says: "mark in", chords: ["I"] },
  { command: "mark_out", says: "mark out", chords: ["O"] },
  { command: "accept", says: "commit the marks / accept the proposal", chords: ["Enter"] },
  { command: "reject", says: "reject the proposal", chords: ["X"] },
  { command: "accept_all", says: "accept all above the slider", chords: ["Shift+Enter"] },
  { command: "next", says: "next instance or proposal", chords: ["Tab"] },
  { command: "previous", says: "previous instance or proposal", chords: ["Shift+Tab"] },
  { command: "edge_start", says: "set the start to the playhead", chords: ["["] },
  { command: "edge_end", says: "set the end to the playhead", chords: ["]"] },
  { command: "nudge_back", says: "nudge the selected edge a frame back", chords: ["Alt+Left"] },
  { command: "nudge_on", says: "nudge it a frame on", chords: ["Alt+Right"] },
  { command: "nudge_back_10", says: "nudge it 10 frames back", chords: ["Alt+Shift+Left"] },
  { command: "nudge_on_10", says: "nudge it 10 frames on", chords: ["Alt+Shift+Right"] },
  { command: "split", says: "split the selected label at the playhead", chords: ["Shift+S"] },
  { command: "uncertain", says: "next uncertain place", chords: ["."] },
  { command: "uncertain_back", says: "the uncertain place before", chords: [","] },
  { command: "gaps", says: "play only what is unlabelled", chords: ["Alt+R"] },
  { command: "grid", says: "grid of one class's proposals", chords: ["Alt+G"] },
  { command: "newest", says: "show the newest model's proposals", chords: ["Alt+M"] },
  { command: "checked", says: "checked up to here (again: take it back)", chords: ["Shift+V"] },
  { command: "ambiguous", says: "marks or selection: neither action nor background", chords: ["Shift+A"] },
  { command: "cancel", says: "drop the open mark, the marks, the selection", chords: ["Escape"] },
  { command: "delete", says: "delete the selected label", chords: ["Backspace", "Delete"] },
  { command: "undo", says: "undo", chords: ["Ctrl+Z"] },
  { command: "redo", says: "redo", chords: ["Ctrl+Shift+Z", "Ctrl+Y"] },
  { command: "done", says: "done with this video, next suggestion", chords: ["N"] },
  { command: "search", says: "find a class", chords: ["/"] },
  { command: "comment", says: "comment", chords: ["Alt+C"] },
  { command: "level_video", says: "level: video", chords: ["Alt+1"] },
  { command: "level_one", says: "level: one click", chords: ["Alt+2"] },
  { command: "level_two", says: "level: two clicks", chords: ["Alt+3"] },
  { command: "level_full", says: "level: full", chords: ["Alt+4"] },
  { command: "zoom_in", says: "zoom in", chords: ["Ctrl++", "Ctrl+="] },
  { command: "zoom_out", says: "zoom out", chords: ["Ctrl+-"] },
  { command: "zoom_fit", says: "zoom to fit", chords: ["Ctrl+0"] },
  { command: "panels", says: "move the focus into the panels, and on (Esc: back)", chords: ["F6"] },
  { command: "shortcuts", says: "this sheet", chords: ["?"] },
];

/** Commands that go on while their key is held down. */
export const REPEATING = new Set(["uncertain", "uncertain_back", "frame_back", "frame_on", "second_back", "second_on", "ten_back", "ten_on", "nudge_back", "nudge_on", "nudge_back_10",
  "nudge_on_10", "zoom_in", "zoom_out", "next", "previous", "undo", "redo", "speed_up", "speed_down"]);

/** @type {Record<string, string>} */
const NAMES = { " ": "Space", ArrowLeft: "Left", ArrowRight: "Right", ArrowUp: "Up", ArrowDown: "Down", Esc: "Escape" };

/** One spelling for a chord: `shift + ctrl+z` becomes `Ctrl+Shift+Z`. @param {string} written @returns {string} */
export function chord(written) {
  const parts = written.trim() === "+" ? ["+"] : written.replace(/\+\s*\+\s*$/, "+Plus").split("+").map((part) => part.trim());
  const key = parts.pop() ?? "";
  const held = new Set(parts.map((part) => part.toLowerCase()));
  const ctrl = ["ctrl", "control", "cmd", "meta"].some((name) => held.has(name));
  return spell(ctrl, held.has("alt"), held.has("shift"), key === "Plus" ? "+" : (NAMES[key] ?? key));
}

/** @param {boolean} ctrl @param {boolean} alt @param {boolean} shift @param {string} key */
function spell(ctrl, alt, shift, key) {
  return `${ctrl ? "Ctrl+" : ""}${alt ? "Alt+" : ""}${shift ? "Shift+" : ""}${key.length === 1 ? key.toUpperCase() : key}`;
}

/**
 * The chords an event may mean, likeliest first: what it types, then the physical key, for layouts (and for Alt on a
 * Mac) where the two differ.
 * @param {{key: string, code?: string, ctrlKey?: boolean, metaKey?: boolean, altKey?: boolean, shiftKey?: boolean}} event
 * @returns {string[]}
 */
export function chordsOf(event) {
  const [ctrl, alt, shift] = [Boolean(event.ctrlKey || event.metaKey), Boolean(event.altKey), Boolean(event.shiftKey)];
  const typed = NAMES[event.key] ?? event.key;
  const isSymbol = typed.length === 1 && !/[\p{L}]/u.test(typed);
  const physical = /^(?:Key|Digit)(.)$/.exec(event.code ?? "")?.[1];
  const found = [spell(ctrl, alt, isSymbol ? false : shift, typed)];
  if (physical) found.push(spell(ctrl, alt, shift, physical));
  return [...new Set(found)];
}

/**
 * Every chord's meaning, and what is wrong with the wishes behind it.
 * @param {Record<string, string>} changed command -> chord, only those the project changed
 * @param {{name: string, key: string}[]} classes
 * @returns {{commands: Map<string, string>, classes: Map<string, string>, chords: Map<string, string[]>, conflicts: string[]}}
 */
export function keyTable(changed, classes) {
  /** @type {string[]} */
  const conflicts = [];
  /** @type {Map<string, string>} */
  const commands = new Map();
  /** @type {Map<string, string[]>} */
  const chords = new Map();
  for (const { command, chords: usual } of COMMANDS) {
    const wanted = changed[command] ? [chord(changed[command])] : usual;
    const free = wanted.filter((key) => !commands.has(key));
    for (const key of wanted.filter((taken) => commands.has(taken))) {
      conflicts.push(`${key} is the key of both “${commands.get(key)}” and “${command}”; it does “${commands.get(key)}”.`);
    }
    for (const key of free) commands.set(key, command);
    chords.set(command, free);
  }
  for (const name of Object.keys(changed).filter((command) => !chords.has(command))) {
    conflicts.push(`The project has a key for “${name}”, which is no command; it does nothing.`);
  }
  return { commands, classes: classKeys(classes, commands, conflicts), chords, conflicts };
}

/** @param {{name: string, key: string}[]} list @param {Map<string, string>} commands @param {string[]} conflicts */
function classKeys(list, commands, conflicts) {
  /** @type {Map<string, string>} */
  const keys = new Map();
  for (const { name, key } of list.filter((one) => one.key)) {
    const wanted = chord(key);
    if (commands.has(wanted)) conflicts.push(`${wanted} cannot mark ${name}: it is the key of “${commands.get(wanted)}”.`);
    else if (keys.has(wanted)) conflicts.push(`${wanted} is the key of both ${keys.get(wanted)} and ${name}; it marks ${keys.get(wanted)}.`);
    else keys.set(wanted, name);
  }
  return keys;
}

/** Chords a browser takes before any page sees them. */
const BROWSERS_OWN = new Set(["Ctrl+W", "Ctrl+T", "Ctrl+N", "Ctrl+Shift+N", "Ctrl+Shift+T", "Ctrl+Shift+W", "Ctrl+Q", "Ctrl+Tab", "Ctrl+Shift+Tab", "Alt+F4", "F5", "F11", "F12", "Ctrl+C", "Ctrl+V"]);

/**
 * A command gets another key: the table of changed keys after it, or why that cannot be.
 * @param {Record<string, string>} changed command -> chord, as it is @param {string} command @param {string} wanted chord
 * @param {{name: string, key: string}[]} classes
 * @returns {{changed: Record<string, string>, conflict: string, swapped: Record<string, string> | null}} `swapped` is the
 *   table in which the two commands have changed keys, where that would end the conflict
 */
export function rebound(changed, command, wanted, classes) {
  const refuse = (/** @type {string} */ conflict, /** @type {Record<string, string> | null} */ swapped = null) => ({ changed, conflict, swapped });
  const key = chord(wanted);
  if (BROWSERS_OWN.has(key)) return refuse(`${key} belongs to the browser; no page gets to see it. Choose another key.`);
  const label = classes.find((one) => one.key && chord(one.key) === key)?.name;
  if (label !== undefined) return refuse(`${key} marks ${label}. Choose another key, or give the class another one in the Library.`);
  const now = keyTable(changed, []);
  const owner = now.commands.get(key);
  if (owner === command) return { changed, conflict: "", swapped: null };
  const own = now.chords.get(command)?.[0];
  const says = (/** @type {string} */ name) => COMMANDS.find((one) => one.command === name)?.says ?? name;
  if (owner !== undefined) return refuse(`${key} is the key of “${says(owner)}”.`, own === undefined ? null : unusual({ ...changed, [command]: key, [owner]: own }));
  return { changed: unusual({ ...changed, [command]: key }), conflict: "", swapped: null };
}

/** Without those that are as usual. @param {Record<string, string>} changed */
const unusual = (changed) => Object.fromEntries(Object.entries(changed).filter(([command, key]) => COMMANDS.find((one) => one.command === command)?.chords[0] !== key));

/** A chord as it is printed on a key cap. @param {string} written */
export const capText = (written) =>
  written.replace("Left", "←").replace("Right", "→").replace("Escape", "Esc").replace("Backspace", "⌫").replace(/^Ctrl\+(.)/, "Ctrl $1");
