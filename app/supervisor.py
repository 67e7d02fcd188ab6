"""What keeps web and workers alive under one command: start, watch, restart after a growing pause, end together.

``wtal serve`` runs :func:`serve`; ``python -m app.worker`` keeps its two lanes with :func:`supervise`. Hosts that
restart processes themselves use the ``Procfile`` instead.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType
from typing import IO

ROOT = Path(__file__).resolve().parents[1]
POLL = 0.1  # seconds between two looks at the children
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before a restart: doubles from the first to the longest
SETTLED = 30.0  # a child that lived so many seconds starts again after the first pause
PATIENCE = 20.0  # seconds the others wait for the service to answer
GRACE = 10.0  # seconds between SIGTERM and SIGKILL
REFUSED = 2  # exit status of a command that was refused (bad settings): starting it again would not help


@dataclass(frozen=True, slots=True)
class Command:
    """One process to keep alive.

    Attributes
    ----------
    name
        What messages call it.
    argv
        Program and arguments.
    environment
        Variables beside the supervisor's own.
    waits
        Start it only when the service answers: the first page comes before everything else.
    is_once
        It ends by itself, and is not started again.
    """

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    waits: bool = False
    is_once: bool = False


class _Child:
    """A command, its process, and when to start it again."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.pause = FIRST_PAUSE
        self.due = 0.0

    def start(self) -> None:
        """Start the process in a session of its own, so that Ctrl+C reaches the supervisor alone."""
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        self.process = subprocess.Popen(
            self.command.argv,
            env={**os.environ, "PYTHONPATH": path, **self.command.environment},
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509  one thread, one call
        )
        self.started = time.monotonic()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process; SIGKILL goes to its whole session."""
        if self.process is None or self.process.poll() is not None:
            return
        with suppress(ProcessLookupError):
            if number is signal.SIGKILL:
                os.killpg(self.process.pid, number)
            else:
                self.process.send_signal(number)


_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def _end_with_parent() -> None:
    """Ask Linux for a SIGTERM when the supervisor dies, so that ``kill -9`` of it leaves no web on the port."""
    if _LIBC is not None:
        _LIBC.prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


@contextmanager
def _stop_signals() -> Iterator[Callable[[], bool]]:
    """Catch SIGTERM and SIGINT inside the block; the yielded function says whether one came."""
    came: list[int] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    before = {number: signal.signal(number, remember) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def supervise(
    commands: Sequence[Command], *, until_ready: Callable[[], bool] | None = None, out: IO[str] | None = None
) -> int:
    """Keep the commands running until SIGTERM or SIGINT, then end them all.

    Parameters
    ----------
    commands
        What to run, started in this order.
    until_ready
        Called at every look until it returns True: says once that the service answers.
    out
        Where messages go; stderr by default.

    Returns
    -------
    int
        Exit status: 0 after a signal, 2 when a command was refused at once and said why.
    """
    out = out or sys.stderr
    children = [_Child(command) for command in commands]
    status, patience = 0, time.monotonic() + PATIENCE
    with _stop_signals() as stopped:
        try:
            while not stopped():
                may_all = until_ready is None or time.monotonic() >= patience
                if any(_keep(child, out) for child in children if may_all or not child.command.waits):
                    status = REFUSED
                    break
                if until_ready is not None and until_ready():
                    until_ready = None
                time.sleep(POLL)
        finally:
            _end(children)
    return status


def _keep(child: _Child, out: IO[str]) -> bool:
    """Start the child if it is due, plan its restart if it ended; True if it was refused."""
    now = time.monotonic()
    if child.process is None:
        if now >= child.due:
            child.start()
        return False
    code = child.process.poll()
    if code is None or child.command.is_once:
        return False
    if code == REFUSED and now - child.started < SETTLED:
        print(f"{child.command.name} refused to start (its message is above); ending", file=out, flush=True)
        return True
    child.pause = FIRST_PAUSE if now - child.started >= SETTLED else child.pause
    how = f"signal {signal.Signals(-code).name}" if code < 0 else f"status {code}"
    print(f"{child.command.name} ended with {how}; starting it again in {child.pause:g} s", file=out, flush=True)
    child.process, child.due = None, now + child.pause
    child.pause = min(2 * child.pause, LONGEST_PAUSE)
    return False


def _end(children: Sequence[_Child]) -> None:
    """SIGTERM to all, SIGKILL to whoever is left after the grace."""
    for child in children:
        child.signal(signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    for child in children:
        if child.process is None:
            continue
        try:
            child.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.signal(signal.SIGKILL)
            child.process.wait()


def web_command(host: str, port: int) -> Command:
    """The web process: Streamlit and our routes on one port."""
    options = {
        "server.address": host,
        "server.port": str(port),
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "viewer",
    }
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    return Command("web", (sys.executable, "-m", "streamlit", "run", str(ROOT / "app" / "main.py"), *flags))


def worker_command(lane: str) -> Command:
    """The worker of one lane."""
    return Command(f"worker ({lane})", (sys.executable, "-m", "app.worker", "--lane", lane))


def demo_command() -> Command:
    """Ask for the demo project, once."""
    return Command("demo", (sys.executable, "-m", "app.cli", "demo", "--queue"), is_once=True)


def address(host: str, port: int) -> str:
    """What to type into a browser on this machine."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}"


def serve(
    host: str = "127.0.0.1",
    port: int = 8501,
    *,
    worker: bool = True,
    lanes: Sequence[str] = ("long", "short"),
    demo: bool = False,
) -> int:
    """Run web and workers until SIGTERM or SIGINT; prints the address on stdout when the web answers.

    The last lane starts when the web answers (it imports what trains, for seconds), the other one beside it.

    Parameters
    ----------
    demo
        Whether to ask for the demo project, too.

    Returns
    -------
    int
        Exit status: 0 after a signal, 2 when the port is taken or a process was refused.
    """
    problem = port_problem(host, port)
    if problem:
        print(problem, file=sys.stderr)
        return REFUSED
    url = address(host, port)

    def answers() -> bool:
        if not web_answers(url):
            return False
        print(f"WTAL Studio is ready: open {url}", flush=True)
        return True

    commands = [web_command(host, port), *([demo_command()] if demo else [])]
    commands += [replace(worker_command(lane), waits=lane == lanes[-1]) for lane in lanes if worker]
    return supervise(commands, until_ready=answers)


def web_answers(url: str) -> bool:
    """Whether the web process under this address answers."""
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1) as answer:  # noqa: S310  our own address
            return bool(answer.status == 200)
    except OSError:
        return False


def port_problem(host: str, port: int) -> str | None:
    """Why the web cannot listen there, in words, or None."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except (OSError, OverflowError) as error:
            return f"cannot listen on {host}:{port} ({error}); stop what uses it or choose another with --port"
    return None
