"""How fast the Library is with 10,000 videos, in Chromium on the real application.

Run it with ``python -m benchmarks.library``. Bars: first paint < 1 s, filter < 300 ms. The first paint lasts until
the first row is drawn: after a cold load of the site (Streamlit's own scripts included), a reload with these in
the browser's cache, and a click in the sidebar. The rows are drawn on a canvas, so "drawn" is when the grid's
accessible table says so and a frame has been composed after it. The grid writes that table a fifth of a second late on
purpose (it waits until nothing more changes), so a filter is timed by the canvas itself: until the last change of the
first row's name in its pixels.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Locator, Page, sync_playwright

from app import jobs  # noqa: F401 - the background jobs name their services, so they are loaded first
from app.routes.security import COOKIE
from app.services import identity, library
from app.settings import Settings
from app.workspace import Workspace
from tests.browser.conftest import BROWSERS, serving

FIRST_ROW = (
    """(name) => document.querySelector('[data-testid=stDataFrame] table tbody tr')?.textContent.includes(name)"""
)
COMPOSED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"

WATCH = """() => {
  const marks = (window.paints = { pressed: 0, at: [], isOver: false });
  addEventListener("keydown", () => (marks.pressed = performance.now()), { capture: true, once: true });
  let before = "";
  const look = () => {
    const canvas = document.querySelector("[data-testid=stDataFrame] canvas");
    const scale = canvas ? canvas.width / canvas.clientWidth : 1;
    const name = canvas && [110, 40, 150, 30].map((pixels) => Math.round(pixels * scale));
    const now = canvas ? canvas.getContext("2d").getImageData(...name).data.join() : before;
    if (before && now !== before) marks.at.push(performance.now());
    before = now;
    if (!marks.isOver) requestAnimationFrame(look);
  };
  look();
}"""
LAST_PAINT = "() => { paints.isOver = true; return paints.at.at(-1) - paints.pressed }"


def many_videos(workspace: Workspace, n_videos: int) -> int:
    """A project of ready videos, half of them labelled; returns its number."""
    project = library.create_project(workspace, "Large", class_names=("Jump", "Run")).id
    rows = [
        {
            "project_id": project,
            "name": f"video {number:05}.mp4",
            "added_at": float(number),
            "path": f"/nowhere/{number}.mp4",
            "status": "ready",
            "duration": 10_000_000,
            "n_annotations": number % 7,
            "label_level": "full" if number % 2 else None,
        }
        for number in range(n_videos)
    ]
    for first in range(0, n_videos, 1000):
        with workspace.write() as unit:
            unit.videos.add_many(rows[first : first + 1000])
    return project


def _until_drawn(page: Page, act: Callable[[], Any], first: str) -> float:
    """Seconds from an action to the moment the row named ``first`` stands at the top of the table."""
    began = time.perf_counter()
    act()
    page.wait_for_function(FIRST_ROW, arg=first, timeout=120_000)
    page.evaluate(COMPOSED)
    return time.perf_counter() - began


def _until_painted(page: Page, box: Locator, first: str) -> float:
    """Seconds from Enter to the last change of the first row's name on the canvas before the table names it."""
    page.evaluate(WATCH)
    box.press("Enter")
    page.wait_for_function(FIRST_ROW, arg=first, timeout=120_000)
    return float(page.evaluate(LAST_PAINT)) / 1000


def measured(page: Page, url: str, rounds: int) -> dict[str, list[float]]:
    """Seconds of each kind of opening and filtering, ``rounds`` times each."""
    found: dict[str, list[float]] = {name: [] for name in ("cold", "reload", "sidebar", "filter")}
    session = page.context.new_cdp_session(page)
    first, hundredth = "video 00000", "video 00100"
    box = page.get_by_placeholder("Find by name")
    page.goto(f"{url}/cost")  # the process has compiled its pages
    page.get_by_role("heading", name="Cost").wait_for(timeout=120_000)
    for _ in range(rounds):
        session.send("Network.clearBrowserCache")
        found["cold"].append(_until_drawn(page, lambda: page.goto(f"{url}/library"), first))
        found["reload"].append(_until_drawn(page, page.reload, first))
        page.get_by_role("link", name="Cost").click()
        page.get_by_role("heading", name="Cost").wait_for()
        page.wait_for_timeout(1500)
        found["sidebar"].append(_until_drawn(page, page.get_by_role("link", name="Library").click, first))
        page.wait_for_timeout(1500)
        box.fill("00100")
        found["filter"].append(_until_painted(page, box, hundredth))
        page.wait_for_timeout(500)
        box.fill("")
        found["filter"].append(_until_painted(page, box, first))
    return found


def main() -> None:
    """Measure, print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("WTAL_")}
        environment = {
            **inherited,
            "WTAL_HOME": str(folder / "home"),
            "WTAL_SECRET": "benchmark",
            "OMP_NUM_THREADS": "1",
        }
        workspace = Workspace(Settings.from_environment(environment))
        many_videos(workspace, options.videos)
        browser = playwright.chromium.launch(executable_path=next(filter(None, map(shutil.which, BROWSERS)), None))
        with serving(environment, folder / "web.log") as url:
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            context.add_cookies([{"name": COOKIE, "value": identity.sign_in(workspace, "ada"), "url": url}])
            found = measured(context.new_page(), url, options.rounds)
            context.close()
        browser.close()
        workspace.close()
    told = {
        kind: {"best_s": round(min(times), 2), "median_s": round(float(np.median(times)), 2), "n": len(times)}
        for kind, times in found.items()
    }
    json.dump(told, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
