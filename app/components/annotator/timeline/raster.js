/**
 * A picture made pixel by pixel. A curve of thousands of snippets is a bar per column, and such bars cost a canvas ten
 * times as much as a path as they cost here. Sizes are device pixels; the ground is opaque. Pure but for `show`.
 *
 * @typedef {number} Packed red, green and blue of an opaque pixel, red lowest
 */

/** @param {number[]} channels red, green, blue, 0 to 255 @returns {Packed} */
export const packed = ([r, g, b]) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;

/** `colour` laid over `ground`, two channels at a time. @param {Packed} ground @param {Packed} colour @param {number} share 0 to 256 */
function over(ground, colour, share) {
  const rest = 256 - share;
  const redBlue = (((ground & 0xff00ff) * rest + (colour & 0xff00ff) * share) >>> 8) & 0xff00ff;
  const green = (((ground & 0xff00) * rest + (colour & 0xff00) * share) >>> 8) & 0xff00;
  return (0xff000000 | redBlue | green) >>> 0;
}

export class Raster {
  /** The same bytes as a canvas takes them. @type {ImageData | null} */
  #image = null;

  /** @param {number} width @param {number} height */
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.pixels = new Uint32Array(width * height);
  }

  /** Put the picture on a canvas, its corner at `x`, `y`. @param {CanvasRenderingContext2D} c @param {number} x @param {number} y */
  show(c, x, y) {
    c.putImageData((this.#image ??= new ImageData(new Uint8ClampedArray(this.pixels.buffer), this.width, this.height)), x, y);
  }

  /** @param {Packed} colour */
  clear(colour) {
    this.pixels.fill(colour);
  }

  /** A rectangle, cut to the picture. @param {number} x0 @param {number} x1 @param {number} y0 @param {number} y1 @param {Packed} colour @param {number} alpha 0 to 1 */
  band(x0, x1, y0, y1, colour, alpha) {
    const share = Math.round(256 * alpha);
    for (let y = Math.max(0, y0); y < Math.min(this.height, y1); y += 1) {
      for (let i = y * this.width + Math.max(0, x0), end = y * this.width + Math.min(this.width, x1); i < end; i += 1) {
        this.pixels[i] = over(this.pixels[i], colour, share);
      }
    }
  }

  /**
   * One column from `top` to `bottom`, cut to the rows `[first, last)`; pixels covered in part are mixed with what is there.
   * @param {number} x @param {number} top @param {number} bottom @param {number} first @param {number} last @param {Packed} colour
   */
  bar(x, top, bottom, first, last, colour) {
    const [from, to] = [Math.max(top, first), Math.min(bottom, last)];
    for (let y = Math.floor(from); y < to; y += 1) {
      const covered = Math.min(to, y + 1) - Math.max(from, y);
      const i = y * this.width + x;
      this.pixels[i] = covered >= 1 ? colour : over(this.pixels[i], colour, Math.round(256 * covered));
    }
  }
}
