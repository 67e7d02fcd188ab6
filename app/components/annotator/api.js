/** The server's routes (docs/http-api.md) as functions. Every failure is an `ApiError` with words for a person. */

/** @typedef {import("./types.js").VideoInfo} VideoInfo */
/** @typedef {import("./types.js").Proposal} Proposal */

export class ApiError extends Error {
  /** @param {string} message @param {number} status HTTP status, 0 when the server did not answer */
  constructor(message, status) {
    super(message);
    this.status = status;
  }

  /** The same request may succeed later: no answer, a crash or a restart, or a cookie to renew. */
  get passing() {
    return this.status === 0 || this.status >= 500 || [401, 403, 408, 429].includes(this.status);
  }
}

/** @param {string} url @param {RequestInit} [options] @returns {Promise<Response>} */
async function request(url, options) {
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", ...options });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiError("The server does not answer. What you do is kept in this browser and sent when it is back.", 0);
  }
  if (response.ok) return response;
  const answer = await response.json().catch(() => ({}));
  throw new ApiError(answer.error ?? `The server refused ${url} with status ${response.status}.`, response.status);
}

/** @param {string} url @param {unknown} body @param {boolean} [keepalive] */
async function post(url, body, keepalive = false) {
  const headers = { "content-type": "application/json" };
  return (await request(url, { method: "POST", headers, body: JSON.stringify(body), keepalive })).json();
}

/** @param {string | number} video */
const path = (video) => `/api/videos/${encodeURIComponent(video)}`;
/** @param {string | number} run */
const ofRun = (run) => `run=${encodeURIComponent(run)}`;

export const api = {
  /** @param {string | number} video @param {AbortSignal} [signal] @returns {Promise<VideoInfo>} */
  video: async (video, signal) => (await request(path(video), { signal })).json(),

  /** @param {string | number} video @param {AbortSignal} [signal] @returns {Promise<ArrayBuffer>} */
  frames: async (video, signal) => (await request(`${path(video)}/frames`, { signal })).arrayBuffer(),

  /** @param {string | number} video @param {string | number} run @param {AbortSignal} [signal] @returns {Promise<ArrayBuffer>} */
  curves: async (video, run, signal) => (await request(`${path(video)}/curves?${ofRun(run)}`, { signal })).arrayBuffer(),

  /** @param {string | number} video @param {string | number} run @param {number} time */
  values: async (video, run, time) => (await request(`${path(video)}/values?${ofRun(run)}&time=${Math.round(time)}`)).json(),

  /** @param {string | number} video @param {string | number} run @param {AbortSignal} [signal] @returns {Promise<{proposals: Proposal[]}>} */
  proposals: async (video, run, signal) => (await request(`${path(video)}/proposals?${ofRun(run)}`, { signal })).json(),

  /** @param {string | number} video @param {AbortSignal} [signal] @returns {Promise<Pick<VideoInfo, "runs" | "run" | "previous_run" | "hide_model" | "class_list_version" | "media" | "media_problem">>} */
  runs: async (video, signal) => (await request(`${path(video)}/runs`, { signal })).json(),

  /** Keys of a project's commands, all that were changed. @param {number} project @param {Record<string, string>} keys @returns {Promise<{keys: Record<string, string>}>} */
  keys: (project, keys) => post(`/api/projects/${encodeURIComponent(project)}/keys`, { keys }),

  /** This annotator's reaction time. @param {number} compensation microseconds @returns {Promise<{compensation: number}>} */
  compensation: (compensation) => post("/api/annotator", { compensation }),

  /** @param {unknown} batch @param {boolean} [keepalive] */
  edits: (batch, keepalive) => post("/api/edits", batch, keepalive),

  /** @param {unknown} batch @param {boolean} [keepalive] */
  activity: (batch, keepalive) => post("/api/activity", batch, keepalive),
};
