/** What is learned of a video when it is opened and while it is open: its times, the model's output, a newer model's, the frame strip, other classes, other keys. */
import { api } from "./api.js";
import { FrameTable } from "./frames.js";
import { stateOf } from "./store/document.js";
import { History, stepsOf } from "./store/history.js";

/** @typedef {import("./workbench.js").Workbench} Workbench */

/**
 * What has to be known before a video can be opened.
 * @param {string | number} video @param {AbortSignal} signal
 * @returns {Promise<[import("./types.js").VideoInfo, FrameTable]>}
 */
export async function fetchVideo(video, signal) {
  const info = await api.video(video, signal);
  const end = info.origin + info.duration;
  if (info.n_frames === 0) return [info, FrameTable.without(info.origin, end)];
  return [info, FrameTable.parse(await api.frames(video, signal), end)];
}

/** @param {Workbench} bench */
export async function loadModel(bench) {
  const { signal } = bench.gone;
  try {
    await bench.model.load(api, signal);
  } catch (error) {
    if (signal.aborted) return;
    bench.model.note = `The model's output cannot be shown: ${/** @type {Error} */ (error).message}`;
  }
  if (!signal.aborted) learned(bench);
}

/** The model's output is there, or is another one. @param {Workbench} bench */
function learned(bench) {
  const { model, labels, info } = bench;
  if (model.run !== null) labels.learnDecisions(model.run, model.proposals);
  const labelled = new Set([...bench.annotations.map(({ label }) => label), ...labels.shown.labels.keys()]);
  bench.lanes = model.ordered(info.classes.map(({ name }) => name), labelled);
  bench.render();
}

/** Show what the newest run says; the run shown until now becomes the grey trace. What was chosen of it is let go, as its proposals bear the same numbers. @param {Workbench} bench */
export async function showNewest(bench) {
  const { model } = bench;
  const before = model.title(model.run);
  if (!(await model.loadNewest(api, bench.gone.signal))) return;
  if (bench.selection.type === "proposal") bench.selection = { type: null, id: null, edge: null };
  bench.places.forget();
  learned(bench);
  bench.say(`${model.title(model.run)} is shown${before ? `, ${before} is grey` : ""}. Your labels are as they were.`);
}

/** @param {Workbench} bench */
export function loadStrip(bench) {
  if (!bench.info.strip) return;
  const picture = new Image();
  picture.onload = () => {
    bench.strip = picture;
    bench.render();
  };
  picture.src = bench.info.strip.url;
}

/** The class list was changed elsewhere: show it, and the labels under the names they have now. @param {Workbench} bench @param {import("./types.js").VideoInfo} info as the server tells it now */
export function setClasses(bench, info) {
  const { classes, class_list_version, sequence } = info;
  Object.assign(bench.info, { classes, class_list_version });
  bench.queue.sequence = sequence;
  bench.labels.restart(stateOf(info), new History(stepsOf(info.undo), stepsOf(info.redo)));
  bench.marking.open.clear();
  bench.colours = new Map(classes.map(({ name, colour }) => [name, colour]));
  if (!bench.current || !bench.colours.has(bench.current)) bench.current = classes[0]?.name ?? null;
  bench.setKeys(info.keys ?? {});
  bench.renewPalette();
  learned(bench);
  bench.say("The list of classes was changed; it is shown as it is now.");
}
