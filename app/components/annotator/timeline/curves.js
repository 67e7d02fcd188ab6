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
 * The snippets under each pixel column: `from[x]` to `to[x]`, both inside; -1 where the sequence does not reach.
 * @param {Curves} curves @param {import("./viewport.js").Viewport} view @param {number} columns
 */
export function columnsOf(curves, view, columns) {
  const from = new Int32Array(columns).fill(-1);
  const to = new Int32Array(columns).fill(-1);
  const step = view.span / columns;
  const last = curves.edges[curves.n];
  let snippet = curves.snippet(view.start);
  for (let x = 0; x < columns; x += 1) {
    const start = view.start + x * step;
    const end = start + step;
    if (end <= curves.edges[0] || start >= last) continue;
    while (snippet < curves.n - 1 && curves.edges[snippet + 1] <= start) snippet += 1;
    let reach = snippet;
    while (reach < curves.n - 1 && curves.edges[reach + 1] < end) reach += 1;
    from[x] = snippet;
    to[x] = reach;
  }
  return { from, to };
}

/**
 * Lowest and highest byte under each column, so that no peak is lost however far out.
 * @param {Uint8Array} row @param {{from: Int32Array, to: Int32Array}} columns @param {Uint8Array} low @param {Uint8Array} high
 */
export function decimate(row, { from, to }, low, high) {
  for (let x = 0; x < from.length; x += 1) {
    if (from[x] < 0) continue;
    let [least, most] = [255, 0];
    for (let i = from[x]; i <= to[x]; i += 1) {
      const value = row[i];
      if (value < least) least = value;
      if (value > most) most = value;
    }
    low[x] = least;
    high[x] = most;
  }
}

/** Columns in which the class beats its threshold anywhere, as runs `[from, to)`. @param {Uint8Array} cas @param {Uint8Array} threshold @param {{from: Int32Array, to: Int32Array}} columns */
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
