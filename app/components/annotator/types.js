/**
 * The words the front end shares with the server (docs/http-api.md). Only types: nothing here runs.
 * All times are integer microseconds of raw presentation time; spans are half-open.
 *
 * @typedef {"video" | "one-segment" | "two-segment" | "full"} Level
 * @typedef {[number, number]} Span
 * @typedef {{name: string, colour: string, key: string, description?: string, example?: string}} ActionClass
 * @typedef {{id: string, label: string, level: Level, clicks: number[], start: number | null, end: number | null,
 *   annotator?: string, model_assisted: boolean, pressed?: (number | null)[], compensation?: number}} Annotation
 * @typedef {"open" | "accepted" | "rejected"} Decision
 * @typedef {{id: string | number, label: string, start: number, end: number, score: number, state: Decision}} Proposal
 * @typedef {{id: string | number, method: string, created: string, promoted: boolean}} Run
 * @typedef {{active_seconds: number, ratio: number, levels: Record<string, unknown>, cutoff_seconds: number}} Phi
 * @typedef {{url: string, times: number[], width: number, height: number}} Strip
 *
 * An edit before the queue gives it an id, a group and a time.
 * @typedef {{kind: string, annotation?: Annotation | null, annotation_id?: string, label?: string, present?: boolean | null,
 *   labels?: string[] | null, start?: number, end?: number, complete?: boolean, run?: string | number,
 *   proposal_id?: string | number, level?: Level, text?: string}} Change
 * @typedef {Change & {id: string, group: string, client_time: number, undoes?: string | null, redoes?: string | null,
 *   annotator?: string}} Edit
 *
 * @typedef {{group: string, undoes?: string, redoes?: string, edits: (Change & {id?: string, group?: string, undoes?: string,
 *   redoes?: string})[]}} StoredGroup one deed as the edits that turn it round
 * @typedef {{id: number | string, project: number, name: string, origin: number, duration: number, width: number,
 *   height: number, n_frames: number, media: string | null, media_problem: string | null, strip: Strip | null,
 *   subset: string | null, hide_model: boolean, class_list_version: number, classes: ActionClass[], annotator: string,
 *   level: Level, video_labels: Record<string, boolean>, annotations: Annotation[], coverage: Record<string, Span[]>,
 *   ambiguous: Span[], complete: boolean, comment: string, runs: Run[], run: string | number | null,
 *   previous_run: string | number | null, suggestion: {level: Level, reason: string, seconds: number | null} | null,
 *   next: number | string | null, previous: number | string | null, position: [number, number] | null, phi: Phi | null,
 *   undo: StoredGroup[], redo: StoredGroup[], other_annotators?: string[],
 *   keys: Record<string, string>, sequence: number, compensation?: number}} VideoInfo
 */

/** Least to most said; the index is the rank. @type {Level[]} */
export const LEVELS = ["video", "one-segment", "two-segment", "full"];
