/** The lists beside the video: what people said, what the model proposes, and the slider between them. */
import { cap, h, swatch } from "../dom.js";
import { clockText, scoreText } from "../format.js";
import { spanOf } from "../timeline/spans.js";

/** More rows than this are not read, only scrolled past; the timeline shows them all. */
const SHOWN = 300;
/** @type {Record<string, string>} */
const SHORT = { "one-segment": "one", "two-segment": "two", full: "full" };

/**
 * @typedef {import("../types.js").Annotation} Annotation @typedef {import("../types.js").Proposal} Proposal
 * @typedef {{origin: number, colourOf: (label: string) => string, select: (type: "annotation" | "proposal", id: string | number) => void}} Context
 */

/** Digits of a second in lists, where there is little room; words spell milliseconds, in which frames differ. */
const BRIEF = 2;

/** Start and end counted from the first picture. @param {number} start @param {number} end @param {number} origin @param {number} [decimals] */
export const spanText = (start, end, origin, decimals = 3) => `${clockText(start - origin, decimals)} – ${clockText(end - origin, decimals)}`;

/** @param {Annotation} annotation @param {number} origin @param {number} [decimals] */
export function annotationText(annotation, origin, decimals = 3) {
  const [start, end] = spanOf(annotation);
  return `${SHORT[annotation.level]} · ${annotation.level === "one-segment" ? clockText(start - origin, decimals) : spanText(start, end, origin, decimals)}`;
}

/**
 * @typedef {object} Row
 * @property {string} id @property {string} colour @property {string} label @property {string} detail
 * @property {boolean} isSelected @property {string} [kind] @property {string} [key] its key cap @property {() => void} [pick]
 */

/** @param {Row} row */
function option({ colour, label, detail, id, isSelected, kind = "", key, pick }) {
  return h("div", { class: `row ${kind}`, role: "option", "aria-selected": isSelected, "data-id": id, tabindex: "-1", onclick: pick },
    swatch(colour), h("bdi", { class: "name" }, label), h("span", { class: "detail" }, detail, key && " ", key && cap(key)));
}

/** A list box that is shown at every key, with hundreds of labels: only rows that say something new are made anew. */
class Rows {
  /** The rows there are, by what they say. @type {Map<string, HTMLElement>} */
  #made = new Map();
  #inSight = "";

  /** @param {string} name */
  constructor(name) {
    this.note = h("p", { class: "dim" });
    this.element = h("div", { class: "rows", role: "listbox", "aria-label": name }, this.note);
  }

  /** @param {Row[]} rows @param {string} note below them, or "" */
  show(rows, note) {
    const before = this.#made;
    this.#made = new Map(rows.map((row) => {
      const says = JSON.stringify(row);
      return [says, before.get(says) ?? option(row)];
    }));
    for (const [says, element] of before) if (!this.#made.has(says)) element.remove();
    /** @type {Element} */
    let next = this.element.firstElementChild ?? this.note;
    for (const element of this.#made.values()) {
      if (element === next) next = next.nextElementSibling ?? this.note;
      else next.before(element);
    }
    this.note.textContent = note;
    this.note.hidden = note === "";
    this.#bringIntoSight(rows.find(({ isSelected }) => isSelected) ?? rows.find(({ key }) => key));
  }

  /** The row that was chosen, once: whoever scrolls on from there is left alone. @param {Row | undefined} row */
  #bringIntoSight(row) {
    const id = row?.id ?? "";
    if (id !== this.#inSight && row) this.element.querySelector(`[data-id="${CSS.escape(id)}"]`)?.scrollIntoView({ block: "nearest" });
    this.#inSight = id;
  }
}

export class LabelList {
  constructor() {
    this.rows = new Rows("Labels");
    this.element = h("section", { class: "labels" }, h("h2", {}, "Labels"), this.rows.element);
  }

  /** @param {Annotation[]} annotations ascending @param {{label: string, time: number}[]} open @param {{id: string | number | null}} selection @param {Context} context */
  show(annotations, open, selection, { origin, colourOf, select }) {
    const rows = annotations.slice(0, SHOWN).map((annotation) => ({ time: spanOf(annotation)[0], row: {
      colour: colourOf(annotation.label), label: annotation.label, id: annotation.id, isSelected: annotation.id === selection.id,
      detail: annotationText(annotation, origin, BRIEF), pick: () => select("annotation", annotation.id),
    } }));
    const opened = open.map(({ label, time }) => ({ time, row: {
      colour: colourOf(label), label, id: "", isSelected: false, kind: "open", detail: `open · ${clockText(time - origin, BRIEF)} –`,
    } }));
    const note = annotations.length > SHOWN ? `and ${annotations.length - SHOWN} more on the timeline` : annotations.length + open.length === 0 ? "None yet" : "";
    this.rows.show([...rows, ...opened].sort((a, b) => a.time - b.time).map(({ row }) => row), note);
  }
}

export class ProposalList {
  /** @param {{setThreshold: (value: number) => void, acceptAll: () => void, showNewest: () => void, openGrid: () => void}} actions */
  constructor(actions) {
    this.title = h("span", {}, "Proposals");
    this.newer = h("button", { type: "button", class: "bare all", title: "Alt+M", hidden: true, onclick: actions.showNewest });
    this.grid = h("button", { type: "button", class: "bare all", title: "Alt+G: one class at a glance", onclick: actions.openGrid }, "grid");
    this.rows = new Rows("Proposals");
    this.slider = /** @type {HTMLInputElement} */ (h("input", {
      type: "range", step: "0.01", "aria-label": "Accept above this score", oninput: () => actions.setThreshold(Number(this.slider.value)),
    }));
    this.above = h("span");
    this.all = h("button", { type: "button", class: "bare all", title: "Shift+Enter", onclick: actions.acceptAll });
    this.bar = h("div", { class: "above" }, h("h2", {}, this.above, this.all), this.slider);
    this.element = h("section", { class: "proposals" }, h("h2", { class: "split" }, this.title, h("span", {}, this.newer, this.grid)), this.rows.element, this.bar);
  }

  /**
   * @param {object} what
   * @param {Proposal[]} what.proposals open ones, best first @param {string} what.title @param {number} what.threshold
   * @param {[number, number]} what.range of the slider @param {string | number | null} what.current what Enter accepts
   * @param {string} what.note shown instead of an empty list @param {string} what.newer a run that is not shown yet, or "" @param {{id: string | number | null}} selection @param {Context} context
   */
  show({ proposals, title, threshold, range, current, note, newer }, selection, { origin, colourOf, select }) {
    this.title.textContent = title ? `Proposals · ${title}` : "Proposals";
    this.newer.textContent = newer && `show ${newer}`;
    this.newer.hidden = newer === "";
    this.grid.hidden = proposals.length === 0;
    const rows = proposals.slice(0, SHOWN).map((proposal) => ({
      colour: colourOf(proposal.label), label: proposal.label, id: String(proposal.id), isSelected: proposal.id === selection.id,
      kind: proposal.score < threshold ? "faint" : "",
      detail: `${scoreText(proposal.score)} · ${spanText(proposal.start, proposal.end, origin, BRIEF)}`, key: proposal.id === current ? "Enter" : undefined,
      pick: () => select("proposal", proposal.id),
    }));
    this.rows.show(rows, proposals.length > SHOWN ? `and ${proposals.length - SHOWN} weaker ones on the timeline` : proposals.length ? "" : note);
    this.bar.hidden = proposals.length === 0;
    Object.assign(this.slider, { min: String(range[0]), max: String(range[1]) });
    this.slider.value = String(threshold);
    const share = (100 * (threshold - range[0])) / (range[1] - range[0] || 1);
    this.slider.style.setProperty("--share", `${Math.min(100, Math.max(0, share))}%`);
    const count = proposals.filter(({ score }) => score >= threshold).length;
    this.above.textContent = `Accept above ${scoreText(threshold)}`;
    this.all.textContent = `${count} now`;
    this.all.setAttribute("aria-label", `${count} now: accept all above the slider`);
    this.all.toggleAttribute("disabled", count === 0);
  }
}
