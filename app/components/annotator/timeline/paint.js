/** Brushes: each draws one lane on a canvas and knows nothing of state. Sizes are CSS pixels. */
import { clockText } from "../format.js";
import { GUTTER } from "./lanes.js";
import { packed } from "./raster.js";
import { tickStep } from "./viewport.js";

/**
 * @typedef {CanvasRenderingContext2D} Context
 * @typedef {import("./viewport.js").Viewport} Viewport
 * @typedef {import("./lanes.js").Lane} Lane
 * @typedef {Record<"ink" | "dim" | "line" | "lane" | "hatch" | "checked" | "accent" | "bg" | "font", string>} Theme
 */

/** @param {Context} c @param {Theme} theme @param {string} text @param {number} x @param {number} y @param {number} width @param {string} [colour] @param {number} [size] */
export function words(c, theme, text, x, y, width, colour = theme.ink, size = 12) {
  c.font = `${size}px ${theme.font}`;
  c.fillStyle = colour;
  c.fillText(fitted(c, text, width), x, y);
}

/** Text cut to a width, with an ellipsis. @param {Context} c @param {string} text @param {number} width */
function fitted(c, text, width) {
  if (c.measureText(text).width <= width) return text;
  const letters = [...text];
  let keep = letters.length;
  while (keep > 0 && c.measureText(`${letters.slice(0, keep).join("")}…`).width > width) keep -= 1;
  return keep ? `${letters.slice(0, keep).join("")}…` : "";
}

/** @param {Context} c @param {Theme} theme @param {Lane} lane @param {string} title @param {string} [note] */
export function gutter(c, theme, lane, title, note = "") {
  words(c, theme, title, 10, lane.y + (lane.height < 40 ? 18 : 20), GUTTER - 16);
  if (note && lane.height > 34) words(c, theme, note, 10, lane.y + 36, GUTTER - 14, theme.dim, 11);
}

/** @param {Context} c @param {Theme} theme @param {number} y @param {number} width */
export function rule(c, theme, y, width) {
  c.fillStyle = theme.line;
  c.fillRect(0, Math.round(y) - 1, width, 1);
}

/** @param {Context} c @param {number} x @param {number} y @param {number} width @param {number} height @param {number} [radius] */
export function box(c, x, y, width, height, radius = 4) {
  c.beginPath();
  c.roundRect(x, y, width, height, Math.min(radius, width / 2, height / 2));
}

/** All of the video as a bar, with what is seen of it and where the labels are. @param {Context} c @param {Theme} theme @param {Lane} lane @param {Viewport} view @param {{x0: number, x1: number, colour: string}[]} marks shares of the whole, 0 to 1 */
export function minimap(c, theme, lane, view, marks) {
  const whole = view.last - view.first;
  const [y, height] = [lane.y + lane.height / 2 - 6, 12];
  const at = (/** @type {number} */ share) => view.left + share * view.width;
  c.fillStyle = theme.line;
  box(c, view.left, y, view.width, height, 6);
  c.fill();
  for (const { x0, x1, colour } of marks) {
    c.fillStyle = colour;
    c.fillRect(at(x0), y + 3, Math.max(1.5, at(x1) - at(x0)), height - 6);
  }
  if (view.span >= whole) return;
  const [start, end] = [at((view.start - view.first) / whole), at((view.end - view.first) / whole)];
  c.globalAlpha = 0.55;
  c.fillStyle = theme.hatch;
  box(c, start, y, Math.max(8, end - start), height, 6);
  c.fill();
  c.globalAlpha = 1;
  c.strokeStyle = theme.dim;
  c.lineWidth = 1;
  c.stroke();
}

/** @param {Context} c @param {Theme} theme @param {Lane} lane @param {Viewport} view @param {number} origin */
export function axis(c, theme, lane, view, origin) {
  const step = tickStep(view.span / 1e6 / view.width);
  const decimals = step < 1 ? 1 : 0;
  const right = view.left + view.width;
  for (let tick = Math.ceil((view.start - origin) / 1e6 / step); tick * step * 1e6 + origin <= view.end; tick += 1) {
    const x = view.x(tick * step * 1e6 + origin);
    c.fillStyle = theme.line;
    c.fillRect(Math.round(x), lane.y + lane.height - 6, 1, 5);
    if (x < right - 30) words(c, theme, clockText(Math.round(tick * step * 1e6), decimals), x + 4, lane.y + lane.height - 10, 80, theme.dim);
  }
}

/** @param {Context} c @param {Theme} theme @param {Lane} lane @param {Viewport} view @param {CanvasImageSource} picture @param {import("../types.js").Strip} strip */
export function strip(c, theme, lane, view, picture, { times, width, height }) {
  const tall = lane.height - 10;
  const wide = Math.max(8, (tall * width) / height);
  const slots = Math.ceil(view.width / wide);
  for (let slot = 0; slot < slots; slot += 1) {
    const x = view.left + slot * wide;
    const seen = Math.min(wide - 2, view.left + view.width - x);
    const index = nearest(times, view.time(x + wide / 2));
    c.drawImage(picture, index * width, 0, (width * seen) / (wide - 2), height, x, lane.y + 5, seen, tall);
  }
}

/** @param {number[]} times ascending @param {number} time */
function nearest(times, time) {
  let best = 0;
  let [low, high] = [0, times.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (Math.abs(times[middle] - time) < Math.abs(times[best] - time)) best = middle;
    if (times[middle] < time) low = middle + 1;
    else high = middle - 1;
  }
  return best;
}

/** Diagonal lines: what nobody has looked at. @param {Theme} theme @param {number} scale */
export function hatching(theme, scale) {
  const tile = document.createElement("canvas");
  const size = Math.round(8 * scale);
  tile.width = tile.height = size;
  const c = /** @type {Context} */ (tile.getContext("2d"));
  c.strokeStyle = theme.hatch;
  c.lineWidth = 1.1 * scale;
  for (const shift of [-size, 0, size]) {
    c.beginPath();
    c.moveTo(shift - 1, size + 1);
    c.lineTo(shift + size + 1, -1);
    c.stroke();
  }
  const pattern = /** @type {CanvasPattern} */ (c.createPattern(tile, "repeat"));
  pattern.setTransform(new DOMMatrix().scale(1 / scale));
  return pattern;
}

/** Unknown is hatched, judged for some classes is pale, judged for all is solid. @param {Context} c @param {Theme} theme @param {Viewport} view @param {number} y @param {number} height @param {CanvasPattern} hatch @param {import("../types.js").Span[]} some @param {import("../types.js").Span[]} all */
export function coverage(c, theme, view, y, height, hatch, some, all) {
  c.fillStyle = hatch;
  c.fillRect(view.left, y, view.width, height);
  for (const [spans, colour, alpha] of /** @type {const} */ ([[some, theme.checked, 0.5], [all, theme.checked, 1]])) {
    for (const [start, end] of spans) {
      const [x0, x1] = [Math.max(view.x(start), view.left), Math.min(view.x(end), view.left + view.width)];
      if (x1 <= x0) continue;
      c.fillStyle = theme.lane;
      c.fillRect(x0, y, x1 - x0, height);
      c.globalAlpha = alpha;
      c.fillStyle = colour;
      c.fillRect(x0, y, x1 - x0, height);
      c.globalAlpha = 1;
    }
  }
}

/** Red, green and blue of `#rrggbb` or `rgb(…)`. @param {string} colour @returns {number[]} */
const channels = (colour) => (colour.startsWith("#") ? [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16)) : (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number));

/** @type {Map<string, import("./raster.js").Packed>} */
const pixels = new Map();

/** Any colour of a style sheet as a pixel. @param {string} colour @returns {import("./raster.js").Packed} */
export function pixelOf(colour) {
  let pixel = pixels.get(colour);
  if (pixel === undefined) {
    const c = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(1, 1).getContext("2d"));
    c.fillStyle = colour;
    c.fillRect(0, 0, 1, 1);
    pixels.set(colour, (pixel = packed([...c.getImageData(0, 0, 1, 1).data])));
  }
  return pixel;
}

/** How bright a colour looks, 0 to 255. @param {number[]} channels */
const brightness = ([r, g, b]) => 0.299 * r + 0.587 * g + 0.114 * b;

/** Black or white, whichever reads better on a colour. @param {string} hex */
export const inkOn = (hex) => (brightness(channels(hex)) > 140 ? "#14202c" : "#ffffff");

/** Lines are told from the ground by at least this much brightness. */
const APART = 70;

/** A class's colour for lines: yellow on white, or navy on black, is moved towards the ink until it can be seen. @param {string} colour @param {Theme} theme @returns {string} */
export function lineColour(colour, theme) {
  const [own, ground, ink] = [channels(colour), channels(theme.bg), channels(theme.ink)];
  const [from, to, under] = [brightness(own), brightness(ink), brightness(ground)];
  if (!(Math.abs(from - under) < APART)) return colour;
  const wanted = under + Math.sign(to - under) * APART;
  const share = Math.min(0.6, Math.max(0, (wanted - from) / (to - from || 1)));
  return `rgb(${own.map((value, i) => Math.round(value + share * (ink[i] - value))).join(", ")})`;
}
