/**
 * The annotation clock: raw events to the server, which derives active time from them, and the same rule here so that
 * the number on the screen ticks between two answers.
 *
 * @typedef {"heartbeat" | "open" | "close" | "key" | "pointer" | "play" | "pause" | "seek" | "hidden" | "visible" | "loading" | "ready"} EventKind
 * @typedef {{id: string, kind: EventKind, monotonic: number, playing: boolean, visible: boolean, level: string, assisted: boolean}} ActivityEvent
 */

const HEARTBEAT_MS = 5_000;
const SEND_MS = 5_000;
/** Presses and moves nearer than this say nothing new about active time. */
const QUIET_MS = 1_000;
/** Hours without an answer must not fill the memory; active time only needs neighbours. */
const KEPT = 2_000;

/** The server's rule: gaps between events, each capped; what begins hidden or loading does not count. */
export class ActiveTime {
  /** Milliseconds counted so far. */
  total = 0;
  /** @type {ActivityEvent | null} */
  last = null;
  isLoading = false;

  /** @param {number} cutoff idle cut-off, seconds */
  constructor(cutoff) {
    this.cutoff = cutoff * 1000;
  }

  /** @param {ActivityEvent} event */
  add(event) {
    this.total += this.since(event.monotonic);
    this.last = event;
    if (event.kind === "loading") this.isLoading = true;
    if (event.kind === "ready" || event.kind === "close") this.isLoading = false;
  }

  /** What the open gap counts at `now`. @param {number} now @returns {number} */
  since(now) {
    if (!this.last || this.last.kind === "close" || !this.last.visible || this.isLoading) return 0;
    return Math.min(Math.max(0, now - this.last.monotonic), this.cutoff);
  }
}

export class Clock {
  /** @type {ActivityEvent[]} */
  #waiting = [];
  /** @type {ReturnType<typeof setInterval>[]} */
  #timers = [];
  #sending = false;
  #sentTotal = 0;

  /**
   * @param {object} options
   * @param {(batch: object, keepalive?: boolean) => Promise<{phi: import("./types.js").Phi}>} options.post
   * @param {string | number} options.video @param {string} options.session
   * @param {import("./types.js").Phi | null} options.phi
   * @param {() => {playing: boolean, visible: boolean, level: string, assisted: boolean}} options.look
   * @param {() => void} options.onTick
   * @param {() => number} [options.now]
   */
  constructor({ post, video, session, phi, look, onTick, now = () => performance.now() }) {
    this.post = post;
    this.video = video;
    this.session = session;
    this.look = look;
    this.now = now;
    this.base = phi?.active_seconds ?? 0;
    this.active = new ActiveTime(phi?.cutoff_seconds ?? 30);
    this.#timers = [
      setInterval(() => this.look().playing && this.tell("heartbeat"), HEARTBEAT_MS),
      setInterval(() => this.send(), SEND_MS),
      setInterval(onTick, 1000),
    ];
    this.tell("open");
  }

  /** Log one event; a burst of keys or pointer moves is one. @param {EventKind} kind */
  tell(kind) {
    const monotonic = Math.round(this.now());
    const last = this.active.last;
    if ((kind === "key" || kind === "pointer") && last && monotonic - last.monotonic < QUIET_MS) return;
    const event = { id: crypto.randomUUID(), kind, monotonic, ...this.look() };
    this.active.add(event);
    this.#waiting.push(event);
    if (this.#waiting.length > KEPT) this.#waiting.splice(0, this.#waiting.length - KEPT);
  }

  /** Seconds spent on this video, by all sessions of this annotator. @returns {number} */
  get seconds() {
    return this.base + (this.active.total - this.#sentTotal + this.active.since(this.now())) / 1000;
  }

  /** @param {boolean} [keepalive] */
  async send(keepalive = false) {
    if (this.#waiting.length === 0 || (this.#sending && !keepalive)) return;
    const events = this.#waiting;
    const total = this.active.total;
    this.#waiting = [];
    this.#sending = true;
    try {
      const { phi } = await this.post({ session: this.session, video: this.video, events }, keepalive);
      this.base = phi.active_seconds;
      this.#sentTotal = total;
    } catch (cause) {
      const isPassing = /** @type {{passing?: boolean}} */ (cause).passing;
      if (isPassing !== false) this.#waiting = [...events, ...this.#waiting]; // ids make a second sending harmless
    } finally {
      this.#sending = false;
    }
  }

  close() {
    this.tell("close");
    this.#timers.forEach(clearInterval);
    this.send(true);
  }
}
