/**
 * The player: frames by the table, never by the browser's clock. What is on the screen is the media time of the last
 * `requestVideoFrameCallback`, looked up in the table; what is asked for is the middle of a frame, so that no rounding
 * lands on a neighbour. Without pictures (features only, a missing file) the same playhead runs on a steady clock.
 */
import { Watching } from "./watching.js";

export const SPEEDS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4];
const SHUTTLE = [-4, -2, -1, 0, 1, 2, 4];
/** A picture that does not come within this time after `seeked` was on the screen already. */
const PRESENT_MS = 250;

/** @typedef {import("./frames.js").FrameTable} FrameTable @typedef {import("./types.js").Span} Span */

export class Player {
  /** Index of the frame on the screen. */
  index = 0;
  /** Speed of the play key. */
  speed = 1;
  /** Speed now: 0 stands, negative runs back. */
  rate = 0;
  /** @type {Span | null} */
  looped = null;
  /** Spans still to be played, one after the other, the first of them now. @type {Span[]} */
  tour = [];

  /** @type {number | null} */
  #wanted = null;
  #seeking = false;
  #rolling = 0;
  #destroyed = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timeout;
  #listeners = new AbortController();

  /**
   * @param {object} options
   * @param {HTMLVideoElement} options.video
   * @param {FrameTable} options.frames
   * @param {string | null} options.media address of the file, null where there is none
   * @param {() => void} options.onPresented a picture came to the screen
   * @param {(kind: "play" | "pause" | "seek" | "loading" | "ready") => void} options.onState
   * @param {(reason: string, wasNetwork?: boolean) => void} options.onProblem the file cannot be played; the playhead goes on without it
   * @param {() => void} [options.onToured] the last span of a tour has been played
   */
  constructor({ video, frames, media, onPresented, onState, onProblem, onToured = () => {} }) {
    this.video = video;
    this.frames = frames;
    this.watching = new Watching(frames);
    this.hasPictures = false;
    this.onPresented = onPresented;
    this.onState = onState;
    this.onProblem = onProblem;
    this.onToured = onToured;
    const { signal } = this.#listeners;
    video.addEventListener("loadeddata", () => this.onState("ready"), { signal });
    video.addEventListener("seeked", () => this.#seeked(), { signal });
    video.addEventListener("ended", () => this.#ended(), { signal });
    video.addEventListener("error", () => this.#lost(), { signal });
    this.#listen();
    if (media !== null) this.load(media);
    else onState("ready");
  }

  /** Show a file, from the frame on which the playhead stands. @param {string} media */
  load(media) {
    this.#halt();
    this.hasPictures = true;
    this.onState("loading");
    this.video.src = media;
    if (this.index > 0) this.#aim(this.index);
  }

  /** Presentation time of the frame on the screen, microseconds. @returns {number} */
  get time() {
    return this.frames.start(this.index);
  }

  get isPlaying() {
    return this.rate !== 0;
  }

  /** No picture is on its way. */
  get isSettled() {
    return !this.#seeking && this.#wanted === null;
  }

  destroy() {
    this.#destroyed = true;
    this.#halt();
    this.#listeners.abort();
    clearTimeout(this.#timeout);
    this.video.removeAttribute("src");
    this.video.load(); // lets go of the buffer and of the connection
  }

  toggle() {
    if (this.isPlaying) this.stop();
    else this.play(this.speed);
  }

  /** @param {number} rate any of the shuttle's, not 0 */
  play(rate) {
    if (rate > 0 && !this.looped && !this.tour.length && this.index === this.frames.length - 1) this.#jump(0);
    const wasPlaying = this.isPlaying;
    this.rate = rate;
    if (this.hasPictures && rate > 0) this.#run(rate);
    else this.#roll();
    if (!wasPlaying) this.onState("play");
  }

  /** @param {number} rate */
  #run(rate) {
    cancelAnimationFrame(this.#rolling);
    this.#wanted = null;
    this.#seeking = false;
    this.video.playbackRate = rate;
    this.video.play().catch((error) => {
      if (this.#destroyed || error.name === "AbortError" || this.video.error) return; // what is wrong with the file is told by its error
      this.stop();
      this.onProblem(`The browser does not start this video: ${error.message}`);
    });
  }

  /**
   * Stand still. A picture may come to the screen after the last callback, so the player goes back to the middle of the
   * frame it named last: what stands is what the readout says.
   */
  stop() {
    const wasRunning = this.rate > 0 && this.hasPictures;
    this.#halt();
    if (wasRunning) this.#aim(this.index);
  }

  /** @param {number} index */
  #aim(index) {
    this.#wanted = index;
    this.#seeking = true;
    this.video.currentTime = this.frames.middle(index) / 1e6;
  }

  #halt() {
    this.looped = null;
    this.tour = [];
    if (!this.isPlaying) return;
    this.rate = 0;
    cancelAnimationFrame(this.#rolling);
    if (this.hasPictures) this.video.pause();
    this.onState("pause");
  }

  /** One place up or down the shuttle: -4 -2 -1 stop 1 2 4. @param {1 | -1} way */
  shuttle(way) {
    const next = way > 0 ? SHUTTLE.find((rate) => rate > this.rate) : SHUTTLE.findLast((rate) => rate < this.rate);
    if (next === 0) this.stop();
    else if (next !== undefined) this.play(next);
  }

  /** @param {1 | -1} way */
  changeSpeed(way) {
    this.speed = (way > 0 ? SPEEDS.find((speed) => speed > this.speed) : SPEEDS.findLast((speed) => speed < this.speed)) ?? this.speed;
    if (this.rate > 0) this.play(this.speed);
  }

  /** Play a span over and over. @param {Span} span */
  loop(span) {
    this.looped = span;
    this.#jump(this.frames.at(span[0]));
    this.play(this.speed);
  }

  /** Play these spans and nothing between them, then stand still. @param {Span[]} spans ascending, at least one */
  playOnly(spans) {
    this.#halt();
    this.tour = [...spans];
    this.#jump(this.frames.at(spans[0][0]));
    this.play(this.speed);
  }

  /** The span being played has ended: back to its start, on to the next, or done. */
  #turn() {
    if (this.looped) {
      this.#jump(this.frames.at(this.looped[0]));
    } else if (this.tour.length > 1) {
      this.tour.shift();
      this.#jump(this.frames.at(this.tour[0][0]));
    } else {
      this.stop();
      this.onToured();
    }
  }

  /** @param {number} frames */
  step(frames) {
    this.seek((this.#wanted ?? this.index) + frames);
  }

  /** @param {number} microseconds from where the playhead is, or is going */
  skip(microseconds) {
    const from = this.frames.start(this.#wanted ?? this.index);
    this.seek(this.frames.at(Math.max(from + microseconds, this.frames.start(0))));
  }

  /** Show one frame and stand there. @param {number} index */
  seek(index) {
    this.#halt();
    this.#jump(index);
    this.onState("seek");
  }

  /** @param {number} time */
  seekTime(time) {
    this.seek(this.frames.at(time));
  }

  /** @param {number} index */
  #jump(index) {
    const target = this.frames.clamp(index);
    if (!this.hasPictures) {
      this.#present(target);
      return;
    }
    this.#wanted = target;
    if (!this.#seeking) this.#go();
  }

  /** One seek at a time: while it runs only the newest wish is kept. */
  #go() {
    if (this.#wanted === null) return;
    if (this.#wanted === this.index && !this.isPlaying && this.video.readyState >= 2) {
      this.#wanted = null;
      return;
    }
    this.#aim(this.#wanted);
  }

  #seeked() {
    clearTimeout(this.#timeout);
    const target = this.#wanted;
    if (target === null || target === this.index) this.#arrived();
    else this.#timeout = setTimeout(() => this.#arrived(), PRESENT_MS);
  }

  /** The picture asked for is on the screen; or it never comes, as in a hidden tab, and is then taken as shown. */
  #arrived() {
    clearTimeout(this.#timeout);
    this.#seeking = false;
    const reached = this.frames.at(this.video.currentTime * 1e6);
    if (reached !== this.index && !this.isPlaying && this.#wanted === reached) this.#present(reached);
    if (this.#wanted !== null && this.#wanted !== reached && !this.isPlaying) this.#go();
    else this.#wanted = null;
  }

  #listen() {
    if (this.#destroyed) return;
    this.video.requestVideoFrameCallback((_now, { mediaTime }) => {
      this.#present(this.frames.nearest(mediaTime * 1e6));
      if (this.#seeking && !this.video.seeking && this.index === this.#wanted) this.#arrived();
      this.#listen();
    });
  }

  /** @param {number} index */
  #present(index) {
    this.watching.saw(index, this.index, this.rate);
    this.index = index;
    const span = this.looped ?? this.tour[0];
    if (span && this.isPlaying && !this.#seeking) {
      const isOver = this.frames.start(index + 1) >= span[1];
      const isOneFrame = this.looped !== null && index === this.frames.at(span[0]);
      if ((isOver && !isOneFrame) || (this.looped && this.time < span[0])) this.#turn();
    }
    this.onPresented();
  }

  #ended() {
    if (this.looped) {
      this.#turn();
      this.#run(this.rate);
    } else if (this.tour.length) {
      this.#turn();
    } else {
      this.stop();
    }
  }

  /** Backwards, or without pictures: the playhead follows a steady clock. */
  #roll() {
    cancelAnimationFrame(this.#rolling);
    if (this.hasPictures) this.video.pause();
    const [from, began] = [this.time, performance.now()];
    const rate = this.rate;
    const move = () => {
      const time = from + (performance.now() - began) * 1000 * rate;
      const index = this.frames.at(time);
      if (this.looped && time >= this.looped[1]) return this.loop(this.looped);
      if (this.tour.length && time >= this.tour[0][1]) return this.tour.length > 1 ? this.playOnly(this.tour.slice(1)) : this.#turn();
      if (index !== (this.#wanted ?? this.index)) this.#jump(index);
      if (time <= this.frames.start(0) || time >= this.frames.end) return this.stop();
      this.#rolling = requestAnimationFrame(move);
    };
    this.#rolling = requestAnimationFrame(move);
  }

  #lost() {
    const reasons = ["", "loading was stopped", "the network failed", "the file is damaged", "the file is gone, or its codec is not one this browser knows"];
    this.#halt();
    this.hasPictures = false;
    this.#seeking = false;
    this.onState("ready");
    this.onProblem(`This video cannot be played: ${reasons[this.video.error?.code ?? 0] || "unknown reason"}. The timeline works without it.`, this.video.error?.code === MediaError.MEDIA_ERR_NETWORK);
  }
}
