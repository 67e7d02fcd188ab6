/** What goes on by itself while a video is open: other sessions, new models and classes, a hidden tab, clocks that jump, goodbye. */
import { api } from "./api.js";
import { setClasses } from "./learning.js";
import { keepWatched } from "./store/watched.js";
import { sendLeftovers } from "./store/edits.js";

const POLL_MS = 10_000;
/** The clock of the wall and the steady clock may drift apart by this much between two polls before it is worth a word. */
const JUMP_MS = 60_000;

export class Live {
  #wall = Date.now() - performance.now();

  /** @param {import("./workbench.js").Workbench} bench @param {AbortSignal} signal of the video being closed */
  constructor(bench, signal) {
    this.bench = bench;
    const poll = setInterval(() => this.#poll(signal), POLL_MS);
    signal.addEventListener("abort", () => clearInterval(poll));
    this.#tidy();
    document.addEventListener("visibilitychange", () => this.#seen(), { signal });
    addEventListener("online", () => bench.queue.retry(), { signal });
    addEventListener("pagehide", () => this.farewell(), { signal });
  }

  /** @param {AbortSignal} signal */
  #poll(signal) {
    if (document.hidden) return;
    this.bench.queue.poll();
    this.#tidy();
    this.lookAround(signal);
    this.lookAtTheClock();
  }

  /** Edits that earlier visits left of other videos. */
  #tidy() {
    const { info, session } = this.bench;
    sendLeftovers({ post: api.edits, storage: localStorage, annotator: info.annotator, session, except: info.id })
      .then((refused) => refused.length && this.bench.say(`Edits left from another video were refused: ${refused[0]}`, true))
      .catch(() => {}); // the server is away: the next poll tries again
  }

  #seen() {
    this.bench.clockwork.tell(document.hidden ? "hidden" : "visible");
    if (document.hidden) this.bench.clockwork.send(true);
    else this.bench.queue.poll();
  }

  /** Has the worker made another model, or somebody changed the class list? @param {AbortSignal} [signal] */
  async lookAround(signal) {
    const found = await api.runs(this.bench.info.id, signal).catch(() => null);
    if (!found || signal?.aborted) return;
    this.#hearOfMedia(found);
    this.#hearOfRuns(found);
    if (found.class_list_version !== this.bench.info.class_list_version) await this.#learnClasses(signal);
  }

  /** The player has lost its file. If that was the network, or the server is away, the next look tries again. @param {boolean} wasNetwork */
  async lost(wasNetwork) {
    const found = wasNetwork ? null : await api.runs(this.bench.info.id).catch(() => null);
    if (found) this.#hearOfMedia(found);
    else this.bench.info.media = null;
  }

  /** A file that is read, copied for the browser or put back comes by itself; of one that is gone the player tells. @param {Awaited<ReturnType<typeof api.runs>>} found */
  #hearOfMedia({ media, media_problem: problem }) {
    const { info, player, stage, hooks } = this.bench;
    const isNews = media !== null && info.media === null;
    if (!player.hasPictures) info.media = media;
    if (media === null && problem && !player.hasPictures) stage.explain(problem);
    if (!isNews) return;
    if (info.n_frames === 0) hooks.open(info.id); // read since: only now its times are known
    else {
      stage.reveal();
      player.load(media);
    }
  }

  /** What is shown stays until the annotator asks for the new one. @param {Awaited<ReturnType<typeof api.runs>>} found */
  #hearOfRuns(found) {
    const { bench } = this;
    if (!bench.model.hears(found)) return;
    const key = bench.keyOf("newest");
    const now = bench.model.title(found.run);
    bench.say(bench.model.run === null ? `${now} has looked at this video. ${key} shows its proposals.`
      : `${now} has replaced ${bench.model.title(bench.model.run)}, which stays shown. ${key} shows the new proposals; no label changes.`);
    bench.render();
  }

  /** Names, colours and keys as they are now. Edits on their way still use the old names: the next look comes after them. @param {AbortSignal} [signal] */
  async #learnClasses(signal) {
    const { bench } = this;
    const info = await api.video(bench.info.id, signal).catch(() => null);
    if (info && !signal?.aborted && bench.queue.pending.length === 0) setClasses(bench, info);
  }

  /** A computer that slept or was set to another time: labels lie on the video's clock, so only words are needed. */
  lookAtTheClock() {
    const wall = Date.now() - performance.now();
    const jump = wall - this.#wall;
    this.#wall = wall;
    if (Math.abs(jump) < JUMP_MS) return;
    const minutes = Math.round(Math.abs(jump) / 60_000);
    this.bench.say(`This computer's clock jumped ${jump > 0 ? "ahead" : "back"} by ${minutes} min. Labels and the annotation time do not depend on it.`);
  }

  /** The page may go now: what is not acknowledged stays in the storage for the next visit. */
  farewell() {
    const { bench } = this;
    bench.comment.commit();
    keepWatched(bench.info, bench.watched);
    bench.queue.close();
    bench.clockwork.close();
  }
}
