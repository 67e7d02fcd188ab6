"""Say what is installed, what is missing, and what to do about it.

Nothing is changed: a workspace that does not exist yet is not made. Exit status 2 if something needed is missing.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from app.commands.console import CommandError, one_line, table

if TYPE_CHECKING:
    from app.settings import Settings

SUMMARY = "what is installed, what is missing, what to do"
PACKAGES = (
    "numpy",
    "scipy",
    "torch",
    "av",
    "opencv-python",
    "safetensors",
    "sqlalchemy",
    "alembic",
    "huey",
    "streamlit",
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LEAST_DISK = 2 * 10**9
"""Bytes; below it extraction and training soon fail."""
QUIET_WORKER = 60.0
"""Seconds without a heartbeat after which a running job has lost its worker."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report: ``state`` is ok, note or missing."""

    state: str
    what: str
    found: str
    advice: str = ""


def configure(parser: argparse.ArgumentParser) -> None:
    """The command has no arguments."""


def run(options: argparse.Namespace) -> int:
    """Look at everything and report."""
    findings = [finding for check in CHECKS for finding in _looked_at(check)]
    print(table(("state", "", ""), ((each.state, each.what, each.found) for each in findings)))
    for finding in findings:
        if finding.advice:
            print(f"{finding.what}: {finding.advice}")
    missing = [finding.what for finding in findings if finding.state == "missing"]
    if missing:
        raise CommandError(f"not in order: {', '.join(missing)}; what to do is listed above")
    return 0


def _looked_at(check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """The findings of a check; one that fails is a finding too."""
    try:
        yield from check()
    except Exception as error:
        yield Finding("missing", check.__name__.strip("_"), f"could not be checked: {one_line(error)}")


def _python() -> Iterator[Finding]:
    found = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info >= (3, 11)
    yield Finding("ok" if good else "missing", "python", found, "" if good else "install Python 3.11 or newer")


def _packages() -> Iterator[Finding]:
    for name in PACKAGES:
        try:
            yield Finding("ok", name, version(name))
        except PackageNotFoundError:
            yield Finding("missing", name, "not installed", "pip install -r requirements.txt")


def _cuda() -> Iterator[Finding]:
    if importlib.util.find_spec("torch") is None:
        return
    import torch

    if torch.cuda.is_available():
        yield Finding("ok", "cuda", torch.cuda.get_device_name(0))
    else:
        yield Finding("note", "cuda", f"none; training uses {torch.get_num_threads()} processor threads")


def _codecs() -> Iterator[Finding]:
    if importlib.util.find_spec("av") is None:
        return
    import av

    for name in ("h264", "hevc", "vp9", "av1"):
        if name in av.codecs_available:
            yield Finding("ok", f"{name} decoder", "in PyAV")
        else:
            yield Finding("note", f"{name} decoder", "not in PyAV", "videos of this codec cannot be read")
    if "libx264" in av.codecs_available:
        yield Finding("ok", "h264 encoder", "libx264 in PyAV")
    else:
        yield Finding(
            "missing",
            "h264 encoder",
            "not in PyAV",
            "install the av wheel of requirements.txt: proxies and the demo need it",
        )
    path = shutil.which("ffmpeg")
    yield Finding("ok" if path else "note", "ffmpeg program", path or "none; not needed, PyAV brings its own")


def _browser() -> Iterator[Finding]:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    advice = "" if path else "only the browser tests need it here: apt-get install chromium"
    yield Finding("ok" if path else "note", "browser for tests", path or "none", advice)


def _settings() -> Settings:
    from app.settings import Settings

    return Settings.from_environment()


def _disk() -> Iterator[Finding]:
    home = _settings().home
    present = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(present).free
    good = free >= LEAST_DISK
    advice = "" if good else f"make room below {present}, or set WTAL_HOME to another disk"
    yield Finding("ok" if good else "missing", "free disk", f"{free / 1e9:.1f} GB at {present}", advice)


def _workspace() -> Iterator[Finding]:
    home = _settings().home
    if not home.exists():
        yield Finding("note", "workspace", f"{home} does not exist yet", "`wtal demo` or `wtal serve` makes it")
    elif os.access(home, os.W_OK):
        yield Finding("ok", "workspace", str(home))
    else:
        yield Finding("missing", "workspace", f"{home} is not writable", "change its owner, or set WTAL_HOME")


def _database() -> Iterator[Finding]:
    settings = _settings()
    file = settings.database_url.removeprefix("sqlite:///")
    if settings.database_url.startswith("sqlite") and not os.path.exists(file):
        yield Finding("note", "database", "none yet; made on first use")
        return
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    from db import database

    engine = database.make_engine(settings.database_url)
    try:
        with engine.connect() as connection:
            stored = MigrationContext.configure(connection).get_current_revision()
            broken = ""
            if engine.dialect.name == "sqlite":
                answer = connection.exec_driver_sql("PRAGMA quick_check").scalar()
                broken = "" if answer == "ok" else str(answer)
    finally:
        engine.dispose()
    newest = ScriptDirectory(str(database.MIGRATIONS)).get_current_head()
    if broken:
        yield Finding("missing", "database", f"damaged: {broken}", f"restore a backup of {file}")
    elif stored == newest:
        yield Finding("ok", "database", f"at migration {stored}, the newest")
        yield from _worker(settings)
    else:
        yield Finding("note", "database", f"at migration {stored}, newest is {newest}", "the next start brings it up")


def _worker(settings: Settings) -> Iterator[Finding]:
    """Heartbeats of running jobs: only they say that a worker lives."""
    from app import jobs
    from app.workspace import Workspace

    opened = Workspace(settings)
    try:
        active = jobs.active(opened)
    finally:
        opened.close()
    waiting = sum(job.status == "queued" for job in active)
    beats = [job.heartbeat_at for job in active if job.status == "running" and job.heartbeat_at]
    if beats:
        age = max(0.0, time.time() - max(beats))
        lively = age < QUIET_WORKER
        advice = "" if lively else "`wtal serve` or `wtal worker` takes its job up again"
        yield Finding("ok" if lively else "note", "worker", f"last heartbeat {age:.0f} s ago", advice)
    else:
        yield Finding("note", "worker", "no job is running" if not waiting else "jobs wait and none runs")
    if waiting:
        yield Finding(
            "note", "queue", f"{waiting} jobs wait", "" if beats else "`wtal serve` or `wtal worker` runs them"
        )


CHECKS = (_python, _packages, _cuda, _codecs, _browser, _disk, _workspace, _database)
