/** Class activation sequences as the server sends them, and what of them a screen can show. Pure. */

/** @typedef {{run: string | number, n_snippets: number, classes: string[], edges: number[], low: number, high: number, rows: number}} CurvesHeader */

export class Curves {
  /** @param {CurvesHeader} header @param {Uint8Array} bytes rows x T, restored */
  constructor(header, bytes) {
    this.run = header.run;
    this.n = header.n_snippets;
    this.classes = header.classes;
    this.edges = Float64Array.from(header.edges);
    this.low = header.low;
    this.high = header.high;
    this.rows = header.rows;
    this.bytes = bytes;
  }

  /**
   * A header line of JSON, a newline, then row by row the differences of neighbours mod 256.
   * @param {ArrayBuffer} buffer @returns {Curves}
   */
  static parse(buffer) {
    const all = new Uint8Array(buffer);
    const line = all.indexOf(10);
    const header = JSON.parse(new TextDecoder().decode(all.subarray(0, line)));
    const bytes = all.slice(line + 1);
    const wanted = header.rows * header.n_snippets;
    if (bytes.length !== wanted) throw new RangeError(`curves of run ${header.run}: ${bytes.length} bytes came, ${wanted} belong to ${header.rows} rows`);
    for (let row = 0; row < header.rows; row += 1) {
      const end = (row + 1) * header.n_snippets;
      for (let i = row * header.n_snippets + 1; i < end; i += 1) bytes[i] = (bytes[i] + bytes[i - 1]) & 255;
    }
    return new Curves(header, bytes);
  }

  /** @param {number} row @returns {Uint8Array} */
  row(row) {
    return this.bytes.subarray(row * this.n, (row + 1) * this.n);
  }

  /** @param {string} name @returns {Uint8Array | null} */
  cas(name) {
    const row = this.classes.indexOf(name);
    return row < 0 ? null : this.row(row);
  }

  /** The threshold of a class: its own row, or the one all share. @param {string} name @returns {Uint8Array | null} */
  threshold(name) {
    const row = this.classes.indexOf(name);
    if (row < 0) return null;
    return this.row(this.rows === this.classes.length + 1 ? this.classes.length : this.classes.length + row);
  }

  /** The snippet at a time. @param {number} time @returns {number} */
  snippet(time) {
    let low = 0;
    let high = this.n;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.edges[middle + 1] <= time) low = middle + 1;
      else high = middle;
    }
    return Math.min(low, this.n - 1);
  }

  /** Whether a class ever beats its threshold. @param {string} name */
  isEverOn(name) {
    const [cas, threshold] = [this.cas(name), this.threshold(name)];
    return cas !== null && threshold !== null && cas.some((value, i) => value > threshold[i]);
  }

  /** The run of snippets around `time` in which the class beats its threshold. @param {string} name @param {number} time @returns {[number, number] | null} microseconds */
  gateAround(name, time) {
    const [cas, threshold] = [this.cas(name), this.threshold(name)];
    if (!cas || !threshold || time < this.edges[0] || time >= this.edges[this.n]) return null;
    let [from, to] = [this.snippet(time), this.snippet(time)];
    if (cas[from] <= threshold[from]) return null;
    while (from > 0 && cas[from - 1] > threshold[from - 1]) from -= 1;
    while (to < this.n - 1 && cas[to + 1] > threshold[to + 1]) to += 1;
    return [this.edges[from], this.edges[to + 1]];
  }
}

/**
 * What lies under each column of pixels.
 * @typedef {object} Columns
 * @property {Int32Array} from @property {Int32Array} to first and last snippet under it; -1 where the sequence does not reach
 * @property {Float64Array} at where each border of a column lies between the middles of two snippets: 4.25 is a quarter of the way from that of 4 to that of 5
 */

/** @param {Curves} curves @param {import("./viewport.js").Viewport} view @param {number} count how many columns @returns {Columns} */
export function columnsOf(curves, view, count) {
  const { edges, n } = curves;
  const columns = { from: new Int32Array(count).fill(-1), to: new Int32Array(count).fill(-1), at: new Float64Array(count + 1) };
  const middle = (/** @type {number} */ i) => (edges[i] + edges[i + 1]) / 2;
  const step = view.span / count;
  let snippet = curves.snippet(view.start);
  let before = Math.max(0, snippet - 1);
  for (let x = 0; x <= count; x += 1) {
    const start = view.start + x * step;
    while (before < n - 1 && middle(before + 1) <= start) before += 1;
    const share = before < n - 1 ? (start - middle(before)) / (middle(before + 1) - middle(before)) : 0;
    columns.at[x] = before + Math.max(0, share); // flat to the ends of the sequence
    if (x === count || start + step <= edges[0] || start >= edges[n]) continue;
    while (snippet < n - 1 && edges[snippet + 1] <= start) snippet += 1;
    let reach = snippet;
    while (reach < n - 1 && edges[reach + 1] < start + step) reach += 1;
    columns.from[x] = snippet;
    columns.to[x] = reach;
  }
  return columns;
}

/**
 * Lowest and highest value under each column of the line through the middles of the snippets, so that it is closed and
 * no peak is lost however far out.
 * @param {Uint8Array} row @param {Columns} columns @returns {{low: Float32Array, high: Float32Array}} bytes, or between them
 */
export function extremes(row, { from, at }) {
  const [low, high] = [new Float32Array(from.length), new Float32Array(from.length)];
  let left = valueAt(row, at[0]);
  for (let x = 0; x < from.length; x += 1) {
    const right = valueAt(row, at[x + 1]);
    let [least, most] = left < right ? [left, right] : [right, left];
    for (let i = Math.floor(at[x]) + 1; i <= at[x + 1]; i += 1) {
      if (row[i] < least) least = row[i];
      if (row[i] > most) most = row[i];
    }
    low[x] = least;
    high[x] = most;
    left = right;
  }
  return { low, high };
}

/** @param {Uint8Array} row @param {number} at */
function valueAt(row, at) {
  const before = Math.floor(at);
  return at === before ? row[before] : row[before] + (at - before) * (row[before + 1] - row[before]);
}

/** Columns in which the class beats its threshold anywhere, as runs `[from, to)`. @param {Uint8Array} cas @param {Uint8Array} threshold @param {Columns} columns */
export function gatedColumns(cas, threshold, { from, to }) {
  /** @type {[number, number][]} */
  const runs = [];
  for (let x = 0; x < from.length; x += 1) {
    let isOn = false;
    for (let i = from[x]; i >= 0 && i <= to[x] && !isOn; i += 1) isOn = cas[i] > threshold[i];
    if (!isOn) continue;
    const last = runs.at(-1);
    if (last && last[1] === x) last[1] = x + 1;
    else runs.push([x, x + 1]);
  }
  return runs;
}
