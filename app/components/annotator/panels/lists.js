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

/** Start and end counted from the first picture. @param {number} start @param {number} end @param {number} origin */
export const spanText = (start, end, origin) => `${clockText(start - origin)} – ${clockText(end - origin)}`;

/** @param {Annotation} annotation @param {number} origin */
export function annotationText(annotation, origin) {
  const [start, end] = spanOf(annotation);
  return `${SHORT[annotation.level]} · ${annotation.level === "one-segment" ? clockText(start - origin) : spanText(start, end, origin)}`;
}

/** @param {object} row @param {string} row.colour @param {string} row.label @param {(Node | string)[]} row.detail @param {string} row.id @param {boolean} row.isSelected @param {string} [row.kind] @param {() => void} [row.pick] */
function option({ colour, label, detail, id, isSelected, kind = "", pick }) {
  return h("div", { class: `row ${kind}`, role: "option", "aria-selected": isSelected, "data-id": id, tabindex: "-1", onclick: pick },
    swatch(colour), h("bdi", { class: "name" }, label), h("span", { class: "detail" }, ...detail));
}

export class LabelList {
  constructor() {
    this.list = h("div", { class: "rows", role: "listbox", "aria-label": "Labels" });
    this.element = h("section", { class: "labels" }, h("h2", {}, "Labels"), this.list);
  }

  /** @param {Annotation[]} annotations ascending @param {{label: string, time: number}[]} open @param {{id: string | number | null}} selection @param {Context} context */
  show(annotations, open, selection, { origin, colourOf, select }) {
    const rows = annotations.slice(0, SHOWN).map((annotation) => ({ time: spanOf(annotation)[0], element: option({
      colour: colourOf(annotation.label), label: annotation.label, id: annotation.id, isSelected: annotation.id === selection.id,
      detail: [annotationText(annotation, origin)], pick: () => select("annotation", annotation.id),
    }) }));
    const opened = open.map(({ label, time }) => ({ time, element: option({
      colour: colourOf(label), label, id: "", isSelected: false, kind: "open", detail: [`open · ${clockText(time - origin)} –`],
    }) }));
    const more = annotations.length > SHOWN ? [h("p", { class: "dim" }, `and ${annotations.length - SHOWN} more on the timeline`)] : [];
    const none = annotations.length + open.length === 0 ? [h("p", { class: "dim" }, "None yet")] : [];
    this.list.replaceChildren(...[...rows, ...opened].sort((a, b) => a.time - b.time).map(({ element }) => element), ...more, ...none);
    this.list.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }
}

export class ProposalList {
  /** @param {{setThreshold: (value: number) => void, acceptAll: () => void, showNewest: () => void, openGrid: () => void}} actions */
  constructor(actions) {
    this.title = h("span", {}, "Proposals");
    this.newer = h("button", { type: "button", class: "bare all", title: "Alt+M", hidden: true, onclick: actions.showNewest });
    this.grid = h("button", { type: "button", class: "bare all", title: "Alt+G: one class at a glance", onclick: actions.openGrid }, "grid");
    this.list = h("div", { class: "rows", role: "listbox", "aria-label": "Proposals" });
    this.slider = /** @type {HTMLInputElement} */ (h("input", {
      type: "range", step: "0.01", "aria-label": "Accept above this score", oninput: () => actions.setThreshold(Number(this.slider.value)),
    }));
    this.above = h("span");
    this.all = h("button", { type: "button", class: "bare all", title: "Shift+Enter", onclick: actions.acceptAll });
    this.bar = h("div", { class: "above" }, h("h2", {}, this.above, this.all), this.slider);
    this.element = h("section", { class: "proposals" }, h("h2", { class: "split" }, this.title, h("span", {}, this.newer, this.grid)), this.list, this.bar);
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
    const rows = proposals.slice(0, SHOWN).map((proposal) => option({
      colour: colourOf(proposal.label), label: proposal.label, id: String(proposal.id), isSelected: proposal.id === selection.id,
      kind: proposal.score < threshold ? "faint" : "",
      detail: [`${scoreText(proposal.score)} · ${spanText(proposal.start, proposal.end, origin)}`, ...(proposal.id === current ? [" ", cap("Enter")] : [])],
      pick: () => select("proposal", proposal.id),
    }));
    const more = proposals.length > SHOWN ? [h("p", { class: "dim" }, `and ${proposals.length - SHOWN} weaker ones on the timeline`)] : [];
    this.list.replaceChildren(...rows, ...more, ...(proposals.length ? [] : [h("p", { class: "dim" }, note)]));
    this.bar.hidden = proposals.length === 0;
    Object.assign(this.slider, { min: String(range[0]), max: String(range[1]) });
    this.slider.value = String(threshold);
    const share = (100 * (threshold - range[0])) / (range[1] - range[0] || 1);
    this.slider.style.setProperty("--share", `${Math.min(100, Math.max(0, share))}%`);
    const count = proposals.filter(({ score }) => score >= threshold).length;
    this.above.textContent = `Accept above ${scoreText(threshold)}`;
    this.all.textContent = `${count} now`;
    this.all.toggleAttribute("disabled", count === 0);
    (this.list.querySelector("[aria-selected=true]") ?? this.list.querySelector("kbd"))?.scrollIntoView({ block: "nearest" });
  }
}
