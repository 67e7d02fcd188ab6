/**
 * Labels as text: the tables and JSON this program exports (docs: Exchange), pasted into the open video, and the open
 * video's labels copied as such a table. Times in text are seconds from the first picture. Pure.
 *
 * @typedef {import("./types.js").Annotation} Annotation @typedef {import("./types.js").Change} Change
 * @typedef {{video: string, label: string, level: string, times: number[], where: string}} Row times in seconds: clicks, or start and end
 * @typedef {{name: string, origin: number, classes: string[], frames: import("./frames.js").FrameTable, annotations: Annotation[]}} Target
 */
import { bounded, clicked } from "./statements.js";

const COLUMNS = ["video", "label", "start", "end", "level", "click1", "click2"];
const MOST = 10_000;
const AMBIGUOUS = "ambiguous";

/**
 * What a text says of the open video.
 * @param {string} text @param {Target} target @param {() => string} [newId]
 * @returns {{changes: Change[], known: number, refused: string[]}} `known`: labels that are there already
 * @throws {RangeError} if it is no table and no JSON of labels
 */
export function pasted(text, target, newId = () => crypto.randomUUID()) {
  const rows = /^\s*[[{]/.test(text) ? rowsOfJson(text) : rowsOfTable(text);
  if (rows.length === 0) throw new RangeError("The clipboard holds a heading and no label.");
  if (rows.length > MOST) throw new RangeError(`The clipboard holds ${rows.length} labels; ${MOST} at a time can be pasted. Import the file in the Library instead.`);
  const there = new Set(target.annotations.map(saidBy));
  /** @type {{changes: Change[], known: number, refused: string[]}} */
  const found = { changes: [], known: 0, refused: [] };
  for (const row of rows) {
    try {
      const change = changeOf(row, target, newId);
      const said = change.annotation ? saidBy(change.annotation) : null;
      if (said !== null && there.has(said)) found.known += 1;
      else found.changes.push(change);
      if (said !== null) there.add(said);
    } catch (error) {
      found.refused.push(`${row.where}: ${/** @type {Error} */ (error).message}`);
    }
  }
  return found;
}

/** @param {Annotation} annotation */
const saidBy = ({ label, clicks, start, end }) => [label, start, end, ...clicks].join("\u0000");

/** @param {Row} row @param {Target} target @param {() => string} newId @returns {Change} */
function changeOf({ video, label, level, times, where: _where }, { name, origin, classes, frames }, newId) {
  if (video !== "" && !isSameVideo(video, name)) throw new RangeError(`is of video ${video}, this is ${name}`);
  if (level !== AMBIGUOUS && !classes.includes(label)) throw new RangeError(`class ${label || "(none)"} is not in the class list; add it in the Library first`);
  if (level === "video") return { kind: "label.set", label, present: true };
  if (!times.every(Number.isFinite)) throw new RangeError("its times are no numbers of seconds");
  const micros = times.map((time) => origin + Math.round(time * 1e6));
  const length = ((frames.end - origin) / 1e6).toFixed(3);
  const outside = times.find((_, i) => micros[i] < origin || micros[i] > frames.end);
  if (outside !== undefined) throw new RangeError(`${outside} s lies outside the video, which is ${length} s long`);
  if (level === "one-segment" || level === "two-segment") return { kind: "annotation.put", annotation: clicked(newId(), label, micros.map((time) => frames.start(frames.at(time))).sort((a, b) => a - b)) };
  if (micros[1] <= micros[0]) throw new RangeError(`its end, ${times[1]} s, is not after its start, ${times[0]} s`);
  const [start, end] = micros.map((time) => frames.snap(time));
  if (level === AMBIGUOUS) return { kind: "ambiguous.add", start, end };
  return { kind: "annotation.put", annotation: bounded(newId(), label, start, end, frames) };
}

/** With or without the suffix of the file. @param {string} said @param {string} name */
const isSameVideo = (said, name) => said === name || said === name.replace(/\.[^.]+$/, "");

/** @param {string} text @returns {Row[]} */
function rowsOfTable(text) {
  const [head, ...lines] = cells(text);
  const columns = (head ?? []).map((name) => name.trim().toLowerCase());
  if (!columns.includes("label")) {
    throw new RangeError(`The clipboard holds no table of labels: its first line has no column “label”. The columns are ${COLUMNS.join(", ")}.`);
  }
  return lines.map((line, i) => {
    const cell = (/** @type {string} */ name) => (line[columns.indexOf(name)] ?? "").trim();
    const clicks = [cell("click1"), cell("click2")].filter((value) => value !== "").map(Number);
    const hasEdges = cell("start") !== "" || cell("end") !== "";
    const level = cell("level") || (hasEdges ? "full" : ["video", "one-segment", "two-segment"][clicks.length]);
    const edges = [cell("start"), cell("end")].map((value) => (value === "" ? NaN : Number(value)));
    return { video: cell("video"), label: cell("label"), level, times: level === "full" || level === AMBIGUOUS ? edges : clicks, where: `line ${i + 2}` };
  }).filter(({ label, level }) => label !== "" || level === AMBIGUOUS);
}

/** Cells of a table separated by tabs, semicolons or commas, whichever its first line has; quoted cells may hold anything. @param {string} text @returns {string[][]} */
function cells(text) {
  const first = text.slice(0, text.search(/\r?\n|$/));
  const separator = ["\t", ";", ","].find((one) => first.includes(one)) ?? ",";
  /** @type {string[][]} */
  const rows = [[""]];
  let isQuoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const row = rows[rows.length - 1];
    const letter = text[i];
    if (letter === '"' && isQuoted && text[i + 1] === '"') row[row.length - 1] += text[(i += 1)];
    else if (letter === '"') isQuoted = !isQuoted;
    else if (isQuoted) row[row.length - 1] += letter;
    else if (letter === separator) row.push("");
    else if (letter === "\n") rows.push([""]);
    else if (letter !== "\r") row[row.length - 1] += letter;
  }
  return rows.filter((row) => row.some((value) => value.trim() !== ""));
}

/** @param {string} text @returns {Row[]} */
function rowsOfJson(text) {
  let content;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new RangeError(`The clipboard begins like JSON and is none: ${/** @type {Error} */ (error).message}.`);
  }
  const database = content.database ?? { "": Array.isArray(content) ? { annotations: content } : content };
  const rows = Object.entries(database).flatMap(([video, entry]) => [
    ...listed(entry, "annotations").map((one, i) => rowOf(video, one, `annotation ${i + 1}`)),
    ...listed(entry, "clicks").map((one, i) => rowOf(video, one, `click ${i + 1}`)),
    ...listed(entry, "ambiguous").map((span, i) => ({ video, label: "", level: AMBIGUOUS, times: /** @type {number[]} */ (span), where: `ambiguous time ${i + 1}` })),
  ]);
  if (rows.length === 0) throw new RangeError("The clipboard holds JSON without annotations; ActivityNet's form and this program's own are understood.");
  return rows;
}

/** @param {any} entry @param {string} name @returns {any[]} */
const listed = (entry, name) => (Array.isArray(entry?.[name]) ? entry[name] : []);

/** @param {string} video @param {any} one @param {string} where @returns {Row} */
function rowOf(video, one, where) {
  const clicks = one?.times ?? one?.clicks;
  const isClicked = Array.isArray(clicks) && clicks.length > 0;
  const times = (isClicked ? clicks : (one?.segment ?? [one?.start, one?.end])).map(Number);
  return { video, label: String(one?.label ?? ""), level: isClicked ? ["one-segment", "two-segment"][clicks.length - 1] : "full", times, where };
}

/** The labels of a video as a table that can be pasted, imported and opened in a spreadsheet. @param {string} name @param {Annotation[]} annotations @param {number} origin */
export function tableOf(name, annotations, origin) {
  const seconds = (/** @type {number | null | undefined} */ time) => (time === null || time === undefined ? "" : String((time - origin) / 1e6));
  const quoted = (/** @type {string} */ value) => (/[",;\t\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  const rows = annotations.map(({ label, level, start, end, clicks }) => [quoted(name), quoted(label), seconds(start), seconds(end), level, seconds(clicks[0]), seconds(clicks[1])].join(","));
  return [COLUMNS.join(","), ...rows].join("\n");
}
