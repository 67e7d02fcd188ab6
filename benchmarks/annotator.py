"""How fast the annotator is in Chromium: key press to committed row, redraw at full size, opening a long video.

Run it with ``python -m benchmarks.annotator``; it needs Chromium and nothing else. The first figure goes through the
real application (Streamlit, SQLite with ``synchronous=FULL``); redraw and opening are measured on the component with
17,000 snippets x 20 classes. Bars: p95 < 100 ms from key to row, >= 50 redraws a second, < 2 s to open.
Where other work takes the cores, compare the CPU per frame: it does not depend on them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from app import jobs  # noqa: F401 - the background jobs name their services, so they are loaded first
from app.routes.security import COOKIE
from app.services import adding, annotating, identity, library
from app.settings import Settings
from app.workspace import Workspace
from tests.browser.annotator_fixtures import code_video, constant
from tests.browser.conftest import BROWSERS, free_port, serving
from tests.browser.fake_annotator_server import FakeRun, FakeServer, FakeVideo
from wtal_core.features.video import probe

N_SNIPPETS, N_CLASSES, HOURS = 17_000, 20, 3
MARKS = 300

# Whole redraws of both layers, as zooming does, and the work per frame of a playing video, which moves the playhead.
REDRAW = """async (rounds) => {
  const {timeline} = window.annotator.bench;
  const measure = (prepare, ...layers) => {
    const times = [];
    for (let i = 0; i < rounds; i += 1) {
      prepare(i);
      const began = performance.now();
      if (layers.length) timeline.drawNow(...layers);
      times.push(performance.now() - began);
    }
    return times.sort((a, b) => a - b);
  };
  const whole = measure((i) => timeline.zoom(i % 2 ? 1.01 : 1 / 1.01), "base", "marks");
  timeline.fit();
  const playing = measure((i) => timeline.setPlayhead(i * 1e6, false));
  return {whole, playing};
}"""

# Frames a second, and how many, while the playhead moves as in a playing video, or while the wheel zooms in and out.
MOVE = """async (isZooming) => {
  const {timeline} = window.annotator.bench;
  let [n, began] = [0, performance.now()];
  await new Promise((resolve) => {
    const tick = (now) => {
      if (isZooming) timeline.zoom(n % 100 < 50 ? 1.08 : 1 / 1.08);
      else timeline.setPlayhead(n * 1e6, true);
      n += 1;
      if (now - began > 4000) resolve();
      else requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  return {rate: (1000 * n) / (performance.now() - began), frames: n};
}"""

# Frames a second the browser composes while a video plays, over four seconds.
PLAY = """async () => {
  const {bench} = window.annotator;
  bench.player.play(1);
  await new Promise((done) => setTimeout(done, 1000));
  let [frames, began] = [0, performance.now()];
  await new Promise((resolve) => {
    const tick = (now) => {
      frames += 1;
      if (now - began > 4000) resolve();
      else requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  return (1000 * frames) / (performance.now() - began);
}"""


def _quantiles(values: list[float]) -> dict[str, float]:
    p50, p95 = np.quantile(values, [0.5, 0.95])
    return {
        "best_ms": round(min(values), 2),
        "p50_ms": round(float(p50), 2),
        "p95_ms": round(float(p95), 2),
        "n": len(values),
    }


def long_video() -> FakeVideo:
    """Three hours known by their features, with curves that cross their threshold often."""
    rng = np.random.default_rng(0)
    end = HOURS * 3_600_000_000
    edges = np.linspace(0, end, N_SNIPPETS + 1).astype(np.int64).tolist()
    walk = np.cumsum(rng.normal(0, 0.05, (N_SNIPPETS, N_CLASSES)), axis=0)
    cas = (0.5 + 0.5 * np.sin(walk)).astype(np.float32)
    video = FakeVideo(1, list(range(0, end, 40_000)), end)
    video.classes = [
        {"name": f"Class {i}", "colour": "#0072b2", "key": "", "description": ""} for i in range(N_CLASSES)
    ]
    threshold = np.full(N_SNIPPETS, 0.6, np.float32)
    video.runs = {n: FakeRun(np.roll(cas, n, axis=0), threshold, edges) for n in (1, 2)}
    return video


def redraw(browser: Browser, rounds: int) -> dict[str, Any]:
    """Opening, and time per redraw, at 17,000 snippets x 20 classes with the model before in grey."""
    server = FakeServer([long_video()])
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    began = time.perf_counter()
    page.goto(server.url)
    page.wait_for_function("() => window.annotator?.bench?.model.curves")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    opened = time.perf_counter() - began
    found = page.evaluate(REDRAW, rounds)
    moved = {name: _moved(browser, page, name == "zooming") for name in ("playing", "zooming")}
    page.close()
    server.stop()
    return {
        "open_s": round(opened, 2),
        "redraw_all": _quantiles(found["whole"]),
        "redraw_playing": _quantiles(found["playing"]),
        **moved,
    }


def _moved(browser: Browser, page: Page, is_zooming: bool) -> dict[str, float]:
    """Frames a second while something moves, and what a frame costs the browser's processes."""
    page.evaluate(MOVE, is_zooming)  # once to warm up
    session = browser.new_browser_cdp_session()
    before = _cpu_seconds(session)
    moved = page.evaluate(MOVE, is_zooming)
    spent = _cpu_seconds(session)
    return {
        "frames_per_second": round(moved["rate"], 1),
        **{f"cpu_ms_{name}": round(1000 * (spent[name] - before[name]) / moved["frames"], 2) for name in before},
    }


def _cpu_seconds(session: CDPSession) -> dict[str, float]:
    """CPU seconds of the browser's processes so far, by kind; other work on the cores does not change them."""
    spent: dict[str, float] = {}
    for process in session.send("SystemInfo.getProcessInfo")["processInfo"]:
        spent[process["type"]] = spent.get(process["type"], 0.0) + process["cpuTime"]
    return spent


def playing(browser: Browser, folder: Path) -> dict[str, Any]:
    """Frames a second while a real video of 25 pictures a second plays over the same curves."""
    film = code_video(folder / "playing.mp4", constant(25, 20))
    video, curves = FakeVideo(1, list(film.times), film.end, film.path), long_video()
    video.classes = curves.classes
    edges = np.linspace(film.times[0], film.end, N_SNIPPETS + 1).astype(np.int64).tolist()
    video.runs = {n: FakeRun(run.cas, run.threshold, edges) for n, run in curves.runs.items()}
    server = FakeServer([video])
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(server.url)
    page.wait_for_function("() => window.annotator?.bench?.model.curves && annotator.bench.stage.video.readyState >= 2")
    found = page.evaluate(PLAY)
    page.close()
    server.stop()
    return {"frames_per_second_with_a_playing_video": round(found, 1)}


def work_before(workspace: Workspace, video: int, n_events: int) -> None:
    """A video that has been worked on: three hundred marks, moved again and again."""
    for first in range(0, n_events, 1000):
        some = []
        for number in range(first, min(first + 1000, n_events)):
            start = 60_000 * (number % MARKS) + 100 * (number // MARKS)
            mark = {"id": f"mark{number % MARKS}", "label": "Jump", "level": "one-segment", "clicks": [start]}
            some.append({"id": f"{video}-{number}", "kind": "annotation.put", "annotation": mark})
        assert not annotating.apply_edits(workspace, "ada", video, some).refused


def key_to_row(browser: Browser, presses: int, folder: Path, n_events: int) -> dict[str, Any]:
    """From the key event to the answer that follows the commit, in the real application."""
    folder.mkdir()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("WTAL_")}
    roots = {"WTAL_HOME": str(folder / "home"), "WTAL_MEDIA_ROOTS": str(folder), "WTAL_SECRET": "benchmark"}
    environment = {**inherited, **roots, "OMP_NUM_THREADS": "1"}
    film = code_video(folder / "film.mp4", constant(25, 20))
    with serving(environment, folder / "web.log", free_port()) as url:
        workspace = Workspace(Settings.from_environment(environment))
        project = library.create_project(workspace, "Benchmark", class_names=("Run", "Jump")).id
        adding.add_videos(workspace, project, [film.path], enqueue=lambda *_: 0)
        [row] = library.all_videos(workspace, project)
        library.record_probe(workspace, row.id, probe(film.path))
        work_before(workspace, row.id, n_events)
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.add_cookies([{"name": COOKIE, "value": identity.sign_in(workspace, "ada"), "url": url}])
        page = context.new_page()
        page.goto(f"{url}/")
        page.goto(f"{url}/annotate?video={row.id}")
        latencies = _latencies(page, presses)
        with workspace.read() as unit:
            stored = len(unit.edits.of_video(row.id))
        context.close()
        workspace.close()
    return {"key_to_committed_row": _quantiles(latencies), "events_before": n_events, "rows": stored}


def _latencies(page: Page, presses: int) -> list[float]:
    """Milliseconds from each key event to the moment its edit is acknowledged, which is after its commit."""
    host = page.locator(".wtal")
    host.wait_for(timeout=60_000)
    while not host.evaluate("(host) => (host.annotator?.bench?.stage.video.readyState ?? 0) >= 2"):
        time.sleep(0.05)
    host.focus()
    page.keyboard.press("Alt+2")
    page.wait_for_timeout(300)
    host.evaluate(
        """(host) => { const {queue} = host.annotator.bench; const answered = queue.onAnswer;
        window.latencies = []; let pressed = 0;
        host.addEventListener("keydown", (event) => { pressed = event.timeStamp; }, {capture: true});
        queue.onAnswer = (...answer) => {
          window.latencies.push(performance.now() - pressed); answered(...answer); }; }"""
    )
    for number in range(presses):
        page.keyboard.press("1")
        deadline = time.monotonic() + 10
        while page.evaluate("window.latencies.length") <= number and time.monotonic() < deadline:
            time.sleep(0.005)
    return list(page.evaluate("window.latencies"))


def main() -> None:
    """Measure, print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--presses", type=int, default=100, help="marks set in the real application; 0: none")
    parser.add_argument("--events", type=int, nargs="+", default=[0], help="edits the video holds before these marks")
    parser.add_argument("--rounds", type=int, default=100, help="redraws; 0: none")
    options = parser.parse_args()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=next(filter(None, map(shutil.which, BROWSERS)), None))
        found = {**redraw(browser, options.rounds), **playing(browser, Path(folder))} if options.rounds else {}
        if options.presses:
            events = [
                key_to_row(browser, options.presses, Path(folder) / str(turn), n)
                for turn, n in enumerate(options.events)
            ]
            found["key_to_row"] = events
        browser.close()
    json.dump(found, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
