/** Open proposals of one class, all playing at once in loops, to be accepted or rejected at a glance. */
import { isLabelled } from "../agreement.js";
import { h, swatch } from "../dom.js";
import { scoreText } from "../format.js";
import { applied, decisionKey, inverse } from "../store/document.js";
import { spanText } from "./lists.js";

/** Players on one page: what a screen has room for and a browser decodes at once. */
const PAGE = 9;

/** @typedef {import("../types.js").Proposal} Proposal @typedef {import("../types.js").Change} Change */

export class Grid {
  #page = 0;
  /** How to take back what was decided here. @type {Map<string | number, Change[]>} */
  #back = new Map();
  /** @type {Proposal[]} */
  #proposals = [];
  /** @type {HTMLElement[]} */
  #tiles = [];

  /** @param {import("../workbench.js").Workbench} bench */
  static open(bench) {
    const counts = countsOf(bench);
    if (!bench.player.hasPictures) bench.say("The grid plays proposals, and this video has no pictures.");
    else if (counts.size === 0) bench.say("No open proposal to look at.");
    else new Grid(bench, counts);
  }

  /** @param {import("../workbench.js").Workbench} bench @param {Map<string, number>} counts open proposals by class, most first */
  constructor(bench, counts) {
    this.bench = bench;
    this.label = bench.current !== null && counts.has(bench.current) ? bench.current : [...counts.keys()][0];
    this.head = h("div", { class: "classes", role: "radiogroup", "aria-label": "Class" });
    this.board = h("div", { class: "board", role: "group", "aria-label": "Proposals" });
    this.foot = h("p", { class: "dim", role: "status", "aria-live": "polite" });
    this.element = /** @type {HTMLDialogElement} */ (h("dialog", { class: "sheet grid", "aria-label": "Proposals of one class" },
      h("form", { method: "dialog" }, h("h1", {}, "Proposals"), this.head, h("button", { class: "bare", "aria-label": "Close" }, "✕")), this.board, this.foot));
    this.element.addEventListener("keydown", (event) => this.#typed(event));
    this.element.addEventListener("close", () => this.#empty());
    bench.player.stop();
    bench.open(this.element);
    this.#turnTo(this.label);
  }

  /** @param {string} label */
  #turnTo(label) {
    this.label = label;
    this.#page = 0;
    this.#proposals = this.bench.model.proposals.filter((one) => one.label === label && (this.#stateOf(one) === "open" || this.#back.has(one.id)) && !isLabelled(one, this.bench.annotations));
    this.#fill();
  }

  #fill() {
    const { bench } = this;
    this.#empty();
    this.head.replaceChildren(...[...countsOf(bench)].map(([name, count]) => h("button", {
      type: "button", class: "row", role: "radio", "aria-checked": name === this.label, onclick: () => this.#turnTo(name),
    }, swatch(bench.colourOf(name)), h("bdi", { class: "name" }, name), h("span", { class: "detail" }, String(count)))));
    this.#tiles = this.#shown.map((proposal) => this.#tile(proposal));
    this.board.style.setProperty("--columns", String(this.#columns));
    this.board.replaceChildren(...this.#tiles);
    this.#tiles[0]?.focus();
    this.#sum();
  }

  get #shown() {
    return this.#proposals.slice(this.#page * PAGE, (this.#page + 1) * PAGE);
  }

  /** As few as hold the page in a square; one alone need not fill the screen. */
  get #columns() {
    return Math.max(2, Math.ceil(Math.sqrt(this.#shown.length)));
  }

  get #pages() {
    return Math.max(1, Math.ceil(this.#proposals.length / PAGE));
  }

  /** @param {Proposal} proposal */
  #stateOf({ id }) {
    return this.bench.labels.shown.decisions.get(decisionKey(this.bench.model.run ?? "", id)) ?? "open";
  }

  /** @param {Proposal} proposal */
  #tile(proposal) {
    const { info } = this.bench;
    const video = looping(String(info.media), proposal);
    const tile = h("button", { type: "button", class: "tile", "data-id": proposal.id, onclick: () => this.#decide(proposal, "accepted") },
      video, h("span", {}, h("b", { class: "state" }), ` ${scoreText(proposal.score)} · ${spanText(proposal.start, proposal.end, info.origin)}`));
    this.#mark(tile, proposal);
    return tile;
  }

  /** @param {HTMLElement} tile @param {Proposal} proposal */
  #mark(tile, proposal) {
    const state = this.#stateOf(proposal);
    tile.dataset.state = state;
    tile.setAttribute("aria-label", `${proposal.label} ${scoreText(proposal.score)}, ${spanText(proposal.start, proposal.end, this.bench.info.origin)}: ${state}`);
    /** @type {HTMLElement} */ (tile.querySelector(".state")).textContent = state === "accepted" ? "✓" : state === "rejected" ? "✕" : "";
  }

  /** Decide; the same decision again takes it back. @param {Proposal} proposal @param {"accepted" | "rejected"} decision */
  #decide(proposal, decision) {
    const { bench } = this;
    const state = this.#stateOf(proposal);
    const back = this.#back.get(proposal.id);
    /** @type {Change[]} */
    const changes = state !== "open" && back ? [...back] : [];
    if (state === decision) this.#back.delete(proposal.id);
    else {
      const run = bench.model.run ?? undefined;
      /** @type {Change} */
      const change = decision === "rejected" ? { kind: "proposal.reject", run, proposal_id: proposal.id }
        : { kind: "proposal.accept", run, proposal_id: proposal.id, annotation: bench.deeds.instanceOf(proposal) };
      this.#back.set(proposal.id, inverse(changes.reduce(applied, bench.labels.shown), change));
      changes.push(change);
    }
    bench.commit(changes);
    const tile = this.#tiles.find((one) => one.dataset.id === String(proposal.id));
    if (tile) this.#mark(tile, proposal);
    this.#sum();
  }

  #sum() {
    const states = this.#proposals.map((one) => this.#stateOf(one));
    const count = (/** @type {string} */ wanted) => states.filter((state) => state === wanted).length;
    const left = this.head.querySelector("[aria-checked=true] .detail");
    if (left) left.textContent = String(count("open"));
    const pages = this.#pages > 1 ? `Page ${this.#page + 1} of ${this.#pages}, PageDown for more. ` : "";
    this.foot.textContent = `${count("accepted")} accepted, ${count("rejected")} rejected, ${count("open")} open. ${pages}Arrows move, Enter accepts, X rejects, again takes back, Shift+Enter accepts all open here.`;
  }

  /** @param {KeyboardEvent} event */
  #typed(event) {
    event.stopPropagation();
    const root = /** @type {ShadowRoot | Document} */ (this.element.getRootNode());
    const at = this.#tiles.findIndex((tile) => tile === root.activeElement);
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.#columns, ArrowUp: -this.#columns }[event.key];
    const proposal = this.#shown[at];
    if (step !== undefined) this.#tiles[Math.min(Math.max(0, at + step), this.#tiles.length - 1)]?.focus();
    else if (event.key === "PageDown" || event.key === "PageUp") this.#leaf(event.key === "PageDown" ? 1 : -1);
    else if (event.key === "Enter" && event.shiftKey) this.#shown.filter((one) => this.#stateOf(one) === "open").forEach((one) => this.#decide(one, "accepted"));
    else if (event.key.toLowerCase() === "x" && proposal) this.#decide(proposal, "rejected");
    else return;
    event.preventDefault();
  }

  /** @param {1 | -1} way */
  #leaf(way) {
    const page = Math.min(Math.max(0, this.#page + way), this.#pages - 1);
    if (page === this.#page) return;
    this.#page = page;
    this.#fill();
  }

  /** Let go of the players: each holds a connection. */
  #empty() {
    for (const video of this.board.querySelectorAll("video")) {
      video.removeAttribute("src");
      video.load();
    }
  }
}

/** @param {import("../workbench.js").Workbench} bench @returns {Map<string, number>} open proposals by class, most first */
function countsOf(bench) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { label } of bench.openProposals) counts.set(label, (counts.get(label) ?? 0) + 1);
  return new Map([...counts].sort((a, b) => b[1] - a[1]));
}

/** A silent player of one span, over and over. @param {string} media @param {Proposal} span */
function looping(media, { start, end }) {
  const video = /** @type {HTMLVideoElement} */ (h("video", { src: media, playsinline: true, tabindex: "-1", "aria-hidden": true, preload: "metadata" }));
  video.muted = true;
  const rewind = () => {
    video.currentTime = start / 1e6;
    video.play().catch(() => {}); // a player the page has let go of
  };
  const watch = () => video.requestVideoFrameCallback((_now, { mediaTime }) => {
    if (mediaTime * 1e6 >= end || mediaTime * 1e6 < start - 1e6) rewind();
    watch();
  });
  video.addEventListener("loadedmetadata", rewind, { once: true });
  video.addEventListener("ended", rewind);
  watch();
  return video;
}
