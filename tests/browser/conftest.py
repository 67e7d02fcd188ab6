"""A real server on a temporary workspace, a worker beside it when a test asks for one, and a browser to look with."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page

ROOT = Path(__file__).resolve().parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SERVE = ("--server.headless", "true", "--server.fileWatcherType", "none", "--browser.gatherUsageStats", "false")


def _browser() -> str | None:
    """A browser of this machine, or None for Playwright's own."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, and skip all of them in one line where there is no browser."""
    here = [item for item in items if Path(item.path).parent == Path(__file__).parent]
    for item in here:
        item.add_marker(pytest.mark.browser)
    if not here or _browser():
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = Path(playwright.chromium.executable_path).exists()
    if not found and os.environ.get("WTAL_REQUIRE_BROWSER") != "1":
        skip = pytest.mark.skip(reason="no Chromium here; run `python -m playwright install chromium`")
        for item in here:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    found = _browser()
    return {
        **browser_type_launch_args,
        "args": ["--disable-dev-shm-usage"],
        **({"executable_path": found} if found else {}),
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, object]) -> dict[str, object]:
    return {**browser_context_args, "viewport": {"width": 1440, "height": 900}}


def free_port() -> int:
    """A port of the loopback interface nobody listens on now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def serving(
    environment: dict[str, str], log: Path, port: int | None = None, script: Path = ROOT / "app" / "main.py"
) -> Iterator[str]:
    """A web process of its own on ``environment``'s workspace; yields its address and stops it at the end."""
    port = port or free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    url = f"http://127.0.0.1:{port}"
    with log.open("a") as out:
        server = subprocess.Popen(
            [*command, "--server.address", "127.0.0.1", *SERVE],
            cwd=ROOT,
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_healthy(server, url, log)
            yield url
        finally:
            _stop(server, signal.SIGTERM)


@contextmanager
def working(environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker process of its own on ``environment``'s workspace."""
    with log.open("a") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.worker"], cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT
        )
        try:
            yield process
        finally:
            _stop(process, signal.SIGTERM)


def page_link(page: Page, name: str) -> Locator:
    """The sidebar's link to a page; a page's own text may hold a second link of that name."""
    return page.get_by_test_id("stSidebarNav").get_by_role("link", name=name)


def _wait_until_healthy(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with status {server.returncode}:\n{log.read_text()[-4000:]}")
        try:
            urllib.request.urlopen(url + "/_stcore/health", timeout=1)
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the server did not answer within 60 s:\n{log.read_text()[-4000:]}")


def _stop(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    if process.poll() is None:
        process.send_signal(how)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace folder of the whole session; each test makes a project of its own in it."""
    return tmp_path_factory.mktemp("workspace")


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of videos the server may read, given to it as a media root."""
    return tmp_path_factory.mktemp("media")


@pytest.fixture(scope="session")
def environment(home: Path, media: Path) -> dict[str, str]:
    """What web and worker are started with."""
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("WTAL_")}
    return {**inherited, **threads, "WTAL_HOME": str(home), "WTAL_MEDIA_ROOTS": str(media), "WTAL_SECRET": "browser"}


@pytest.fixture(scope="session")
def base_url(environment: dict[str, str], home: Path) -> Iterator[str]:
    """The address of a running server; ``page.goto("/annotate")`` is relative to it."""
    with serving(environment, home / "web.log") as url:
        yield url


@pytest.fixture(scope="session")
def worker(environment: dict[str, str], home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker on the same workspace; only tests that need one pay for it."""
    with working(environment, home / "worker.log") as process:
        yield process
