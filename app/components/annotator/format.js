/** Numbers as the annotator reads them. */

/**
 * Time since the first picture, `m:ss.f` or `h:mm:ss.f`, cut (not rounded) so that it never names a later frame.
 * @param {number} microseconds @param {number} [decimals]
 */
export function clockText(microseconds, decimals = 1) {
  const unit = 10 ** (6 - decimals);
  const cut = Math.floor(Math.max(0, microseconds) / unit + 1e-9);
  const perSecond = 10 ** decimals;
  const seconds = Math.floor(cut / perSecond);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const fraction = decimals ? `.${String(cut % perSecond).padStart(decimals, "0")}` : "";
  const minutes = h ? `${h}:${String(m).padStart(2, "0")}` : String(m);
  return `${minutes}:${String(s).padStart(2, "0")}${fraction}`;
}

/** A score or a ratio: `.91`, `1.17`. @param {number} value @param {number} [decimals] */
export function scoreText(value, decimals = 2) {
  return value.toFixed(decimals).replace(/^(-?)0\./, "$1.");
}

/** A stored float so that reading it back is within 1e-6. @param {number} value */
export const storedText = (value) => value.toFixed(6).replace(/^(-?)0\./, "$1.");

/** A speed: `1×`, `.25×`, `−2×`. @param {number} rate */
export const rateText = (rate) => `${String(Math.abs(rate)).replace(/^0\./, ".").replace(/^/, rate < 0 ? "−" : "")}×`;

/**
 * A place as a person types it: `1:02:03.5`, `2:03`, `83.2` (seconds), or `#250` (a frame).
 * @param {string} text @returns {{time?: number, frame?: number} | null} microseconds after the first picture, or an index; null for neither
 */
export function placeOf(text) {
  const frame = /^\s*#\s*(\d+)\s*$/.exec(text);
  if (frame) return { frame: Number(frame[1]) };
  const time = /^\s*(?:(?:(\d+):)?(\d+):)?(\d+(?:[.,]\d*)?|[.,]\d+)\s*$/.exec(text);
  if (!time) return null;
  return { time: Math.round((Number(time[1] ?? 0) * 3600 + Number(time[2] ?? 0) * 60 + Number(time[3].replace(",", "."))) * 1e6) };
}

/** Times of day in a sentence, `0:21.3`, as pieces of text and microseconds after the first picture. @param {string} text */
export function splitTimes(text) {
  /** @type {{text: string, time: number | null}[]} */
  const pieces = [];
  let from = 0;
  for (const found of text.matchAll(/\b(?:(\d+):)?(\d{1,2}):(\d{2}(?:\.\d+)?)\b/g)) {
    if (found.index > from) pieces.push({ text: text.slice(from, found.index), time: null });
    const seconds = Number(found[1] ?? 0) * 3600 + Number(found[2]) * 60 + Number(found[3]);
    pieces.push({ text: found[0], time: Math.round(seconds * 1e6) });
    from = found.index + found[0].length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from), time: null });
  return pieces;
}
