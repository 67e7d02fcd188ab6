/**
 * The queue between the keyboard and the server. An edit is in `localStorage` before it is sent, is sent in order, and
 * leaves only when the server has answered after its commit. Ids are made here, so sending twice does no harm.
 *
 * @typedef {import("../types.js").Edit} Edit
 * @typedef {"saved" | "saving" | "not saved"} SaveState
 * @typedef {{saved: string[], refused: {id: string, error: string}[], sequence: number, others: Edit[]}} Answer
 */

const PREFIX = "wtal:edits:";
const BATCH = 100;
const FIRST_RETRY_MS = 400;
const LAST_RETRY_MS = 10_000;

/** @param {string} annotator @param {string | number} video @param {string} session */
const keyOf = (annotator, video, session) => `${PREFIX}${encodeURIComponent(annotator)}:${video}:${session}`;

/**
 * Queues an earlier tab of this annotator left behind: of one video, or of all.
 * @param {Storage} storage @param {string} annotator
 * @returns {{key: string, video: string, edits: Edit[]}[]}
 */
export function leftovers(storage, annotator) {
  const mine = `${PREFIX}${encodeURIComponent(annotator)}:`;
  const keys = Array.from({ length: storage.length }, (_, i) => storage.key(i) ?? "").filter((key) => key.startsWith(mine));
  return keys.map((key) => ({ key, video: key.slice(mine.length).split(":")[0], edits: read(storage, key) }));
}

/** @param {Storage} storage @param {string} key @returns {Edit[]} */
function read(storage, key) {
  try {
    const edits = JSON.parse(storage.getItem(key) ?? "[]");
    return Array.isArray(edits) ? edits : [];
  } catch {
    return [];
  }
}

export class EditQueue {
  /** @type {SaveState} */
  state = "saved";
  /** Why the last attempt failed, or "". */
  problem = "";
  /** @type {Edit[]} */
  pending = [];

  #sending = false;
  #asked = false;
  #closed = false;
  #retry = FIRST_RETRY_MS;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {object} options
   * @param {(batch: object, keepalive?: boolean) => Promise<Answer>} options.post
   * @param {Storage} options.storage
   * @param {string} options.annotator
   * @param {string | number} options.video
   * @param {string} options.session
   * @param {number} options.sequence what the server had told when the video was opened
   * @param {() => void} options.onState
   * @param {(saved: Edit[], refused: {edit: Edit, error: string}[], others: Edit[]) => void} options.onAnswer
   */
  constructor({ post, storage, annotator, video, session, sequence, onState, onAnswer }) {
    this.post = post;
    this.storage = storage;
    this.video = video;
    this.session = session;
    this.sequence = sequence;
    this.onState = onState;
    this.onAnswer = onAnswer;
    this.key = keyOf(annotator, video, session);
    this.#adopt(leftovers(storage, annotator).filter((left) => left.video === String(video)));
  }

  /** Edits of tabs that are gone become this tab's: by time, and those of one tab in their own order even if its clock was set back. @param {{key: string, edits: Edit[]}[]} left */
  #adopt(left) {
    /** @type {Map<string, {edit: Edit, at: number}>} */
    const timed = new Map();
    for (const { edits } of left) {
      let at = -Infinity;
      for (const edit of edits) {
        at = Math.max(at, edit.client_time);
        if (!timed.has(edit.id)) timed.set(edit.id, { edit, at });
      }
    }
    this.pending.push(...[...timed.values()].sort((a, b) => a.at - b.at).map(({ edit }) => edit));
    if (this.pending.length === 0) return;
    this.#store();
    for (const { key } of left) if (key !== this.key) this.storage.removeItem(key);
    this.#become("saving");
    this.#send();
  }

  /** Keep, show as saving, send. @param {Edit[]} edits */
  add(edits) {
    this.pending.push(...edits);
    this.#store();
    this.#become(this.state === "saved" ? "saving" : this.state);
    this.#send();
  }

  /** Ask what others did, unless a batch is on its way or waits for its retry: that one asks too. */
  poll() {
    if (this.#sending || this.#closed || this.pending.length > 0) return;
    this.#asked = true;
    this.#send();
  }

  /** Send at once what still waits for its retry. */
  retry() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.pending.length > 0) this.#send();
  }

  /** The page goes: one last attempt that outlives it. What does not arrive stays in the storage. */
  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    if (this.pending.length > 0) this.post(this.#batch(), true).catch(() => {});
  }

  #batch(count = BATCH) {
    return { session: this.session, video: this.video, sequence: this.sequence, edits: this.pending.slice(0, count) };
  }

  async #send(count = BATCH) {
    if (this.#sending || this.#closed || this.#timer !== undefined) return;
    if (this.pending.length === 0 && !this.#asked) return;
    this.#sending = true;
    this.#asked = false;
    const sent = this.pending.slice(0, count);
    let again = BATCH;
    try {
      this.#settle(sent, await this.post(this.#batch(count)));
    } catch (cause) {
      const error = /** @type {import("../api.js").ApiError} */ (cause);
      again = this.#failed(sent, error);
    }
    this.#sending = false;
    if (this.pending.length > 0) this.#send(again);
    else if (this.problem === "") this.#become("saved");
  }

  /** @param {Edit[]} sent @param {Answer} answer */
  #settle(sent, answer) {
    const saved = new Set(answer.saved);
    const refused = new Map(answer.refused.map(({ id, error }) => [id, error]));
    this.sequence = answer.sequence;
    this.problem = "";
    this.#retry = FIRST_RETRY_MS;
    this.pending = this.pending.filter(({ id }) => !saved.has(id) && !refused.has(id));
    this.#store();
    if (this.#closed) return;
    this.#become(this.pending.length > 0 ? "saving" : "saved");
    this.onAnswer(
      sent.filter(({ id }) => saved.has(id)),
      sent.flatMap((edit) => (refused.has(edit.id) ? [{ edit, error: refused.get(edit.id) ?? "" }] : [])),
      answer.others ?? [],
    );
  }

  /**
   * A passing failure waits and tries the same again. A batch refused as a whole is sent edit by edit, so that one bad
   * edit does not hold the others back; an edit refused alone is given up in words.
   * @param {Edit[]} sent @param {{message: string, status?: number, passing?: boolean}} error
   * @returns {number} how many edits to send next
   */
  #failed(sent, error) {
    if (error.passing === false && sent.length > 0) {
      if (sent.length === 1) {
        this.#settle(sent, { saved: [], refused: [{ id: sent[0].id, error: error.message }], sequence: this.sequence, others: [] });
      }
      return sent.length > 1 ? 1 : BATCH;
    }
    this.problem = sent.length > 0 ? error.message : "";
    if (this.#closed || sent.length === 0) return BATCH;
    this.#become("not saved");
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#send();
    }, this.#retry);
    this.#retry = Math.min(2 * this.#retry, LAST_RETRY_MS);
    return BATCH;
  }

  #store() {
    try {
      if (this.pending.length > 0) this.storage.setItem(this.key, JSON.stringify(this.pending));
      else this.storage.removeItem(this.key);
    } catch {
      this.problem = "This browser's storage is full: do not close the tab before it says Saved.";
    }
  }

  /** @param {SaveState} state */
  #become(state) {
    this.state = state;
    this.onState();
  }
}

/**
 * Send what earlier visits left of other videos, in order, and forget it once the server has answered.
 * @param {object} options
 * @param {(batch: object) => Promise<Answer>} options.post
 * @param {Storage} options.storage @param {string} options.annotator @param {string} options.session
 * @param {string | number} options.except the video whose own queue takes care of its edits
 * @returns {Promise<string[]>} why edits were refused
 */
export async function sendLeftovers({ post, storage, annotator, session, except }) {
  /** @type {string[]} */
  const errors = [];
  for (const { key, video, edits } of leftovers(storage, annotator)) {
    if (video === String(except)) continue;
    if (edits.length > 0) {
      const { refused } = await post({ session, video: Number.isNaN(Number(video)) ? video : Number(video), sequence: 0, edits });
      errors.push(...refused.map(({ error }) => error));
    }
    storage.removeItem(key);
  }
  return errors;
}
