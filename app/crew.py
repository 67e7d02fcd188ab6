"""Several processes at one job: a plain function over a list of calls, as many at a time as there are cores.

:func:`spread` starts ``python -m app.crew MODULE:FUNCTION`` a few times and hands out the calls, one JSON line each;
the answers come back the same way. Whoever is interrupted, killed or done closes the line, and a member that reads its
end stops at its next step and cleans up after itself: a cancelled job, a worker killed with ``kill -9`` and a job that
is done all end in the same way, and no process is left behind. Nothing here imports more than the standard library, so
a member costs what its function needs.
"""

from __future__ import annotations

import importlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[1]
MOST = 8  # members; each holds a decoder and an extractor in memory
LISTEN = 0.3  # seconds between two words to the caller, and so the longest until a cancel is heard
REPORT = 0.2  # seconds between two words of a member
GRACE = 5.0  # seconds a member has to stop before it is killed


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one call ended.

    Attributes
    ----------
    index
        Which call.
    error
        None if it went well: a ``ValueError`` or ``OSError`` (with its ``errno``) stays one, all else is a
        ``RuntimeError`` that names what it was.
    result
        What the function returned, if JSON can carry it.
    """

    index: int
    error: Exception | None = None
    result: Any = None


def size_for(n_calls: int) -> int:
    """Members worth having: one per call, per core this process may use, and :data:`MOST` at most."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(n_calls, cores, MOST))


def spread(
    function: Callable[..., object],
    calls: Sequence[Mapping[str, Any]],
    progress: Callable[[float, int], None],
    *,
    weights: Sequence[float] | None = None,
    size: int | None = None,
) -> Iterator[Outcome]:
    """Run ``function(**call, progress=...)`` for every call, in processes of their own; outcomes as they come.

    Parameters
    ----------
    function
        A function of a module, told ``progress``: a callable that takes the share of the call done.
    calls
        Arguments that JSON can carry.
    progress
        Told the share of all that is done and the number of calls that ended, a few times a second; what it raises
        ends all members.
    weights
        How much work each call is, in any unit; alike unless given.
    size
        Members; :func:`size_for` unless given.
    """
    amounts = list(weights) if weights is not None else [1.0] * len(calls)
    total, shares, ended = sum(amounts) or 1.0, [0.0] * len(calls), 0
    with _Crew(function, size or size_for(len(calls))) as crew:
        waiting = iter(enumerate(calls))
        crew.fill(waiting)
        while crew.is_busy:
            for member, word in crew.words():
                index = member.index
                if "share" in word:
                    shares[index] = float(word["share"])
                    continue
                shares[index], ended = 1.0, ended + 1
                crew.release(member, is_gone="gone" in word)
                crew.fill(waiting)
                yield Outcome(index, _error(word), word.get("done"))
            progress(sum(a * s for a, s in zip(amounts, shares, strict=True)) / total, ended)


def _error(word: Mapping[str, Any]) -> Exception | None:
    """The exception a member told of, of the kind its caller can tell apart."""
    if "gone" in word:
        return ChildProcessError(
            f"the process that worked on it ended ({word['gone']}); where the memory did not suffice, free some and "
            "try again"
        )
    told = word.get("error")
    if told is None:
        return None
    if told["kind"] == "OSError":
        return OSError(told["errno"], told["message"])
    return ValueError(told["message"]) if told["kind"] == "ValueError" else RuntimeError(told["message"])


class _Member:
    """One process and the call it works on."""

    def __init__(self, function: Callable[..., object], heard: queue.Queue[tuple[_Member, dict[str, Any]]]) -> None:
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        self.index = -1
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app.crew", f"{function.__module__}:{function.__qualname__}"],
            env=os.environ | {"PYTHONPATH": path, "OPENCV_FOR_THREADS_NUM": "1", "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._listener = threading.Thread(target=self._listen, args=(heard,), daemon=True)
        self._listener.start()

    def _listen(self, heard: queue.Queue[tuple[_Member, dict[str, Any]]]) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            heard.put((self, json.loads(line)))
        code = self.process.wait()
        heard.put((self, {"gone": f"signal {-code}" if code < 0 else f"status {code}"}))

    def work_on(self, index: int, call: Mapping[str, Any]) -> None:
        """Hand over a call; a member that is gone already says so by itself."""
        self.index = index
        with suppress(BrokenPipeError):
            print(json.dumps(dict(call)), file=self.process.stdin, flush=True)

    def dismiss(self) -> None:
        """Tell it that nothing follows."""
        with suppress(BrokenPipeError):
            if self.process.stdin is not None:
                self.process.stdin.close()

    def end(self, seconds: float) -> None:
        """Wait for it, then wait no longer."""
        try:
            self.process.wait(max(0.0, seconds))
        except subprocess.TimeoutExpired:
            self.process.kill()
        self._listener.join()
        if self.process.stdout is not None:
            self.process.stdout.close()


class _Crew:
    """The members, who works, and what they say."""

    def __init__(self, function: Callable[..., object], size: int) -> None:
        self._function, self._size = function, size
        self._heard: queue.Queue[tuple[_Member, dict[str, Any]]] = queue.Queue()
        self._all: list[_Member] = []
        self._idle: list[_Member] = []
        self._busy: list[_Member] = []

    def __enter__(self) -> _Crew:
        return self

    def __exit__(self, *_: object) -> None:
        for member in self._all:
            member.dismiss()
        deadline = time.monotonic() + GRACE
        for member in self._all:
            member.end(deadline - time.monotonic())

    @property
    def is_busy(self) -> bool:
        """Whether a call has not ended yet."""
        return bool(self._busy)

    def fill(self, waiting: Iterator[tuple[int, Mapping[str, Any]]]) -> None:
        """Give whoever is free a call, as long as there are some."""
        while len(self._busy) < self._size:
            following = next(waiting, None)
            if following is None:
                return
            if not self._idle:
                self._idle.append(_Member(self._function, self._heard))
                self._all.append(self._idle[-1])
            member = self._idle.pop()
            self._busy.append(member)
            member.work_on(*following)

    def release(self, member: _Member, *, is_gone: bool) -> None:
        """Its call has ended; one that is gone gets no other."""
        self._busy.remove(member)
        if not is_gone:
            self._idle.append(member)

    def words(self) -> Iterator[tuple[_Member, dict[str, Any]]]:
        """What members that work have said, waiting a little for the first word."""
        limit = time.monotonic() + LISTEN
        while (left := limit - time.monotonic()) > 0:
            try:
                member, word = self._heard.get(timeout=left)
            except queue.Empty:
                return
            if member in self._busy:  # an idle one that ends has nothing to tell
                yield member, word


class _DismissedError(BaseException):
    """Nobody listens any more."""


def _serve(function: Callable[..., object], calls: IO[str], answers: IO[str]) -> None:
    """Work on the calls that come, one line each, until the line is closed."""
    waiting: queue.Queue[str | None] = queue.Queue()
    closed = threading.Event()

    def read() -> None:
        for line in calls:
            waiting.put(line)
        closed.set()
        waiting.put(None)

    def say(**word: object) -> None:
        print(json.dumps(word), file=answers, flush=True)

    threading.Thread(target=read, daemon=True).start()
    while (line := waiting.get()) is not None:
        spoken = 0.0

        def progress(share: float) -> None:
            nonlocal spoken
            if closed.is_set():
                raise _DismissedError
            if time.monotonic() - spoken >= REPORT:
                spoken = time.monotonic()
                say(share=float(share))

        try:
            result = function(**json.loads(line), progress=progress)
        except ValueError as error:
            say(error={"kind": "ValueError", "message": str(error)})
        except OSError as error:
            say(error={"kind": "OSError", "errno": error.errno, "message": error.strerror or str(error)})
        except Exception as error:  # told to the one who asked, by name
            say(error={"kind": "Error", "message": f"{type(error).__name__}: {error}"})
        else:
            say(done=result)


def main(name: str) -> int:
    """Be a member: ``name`` is MODULE:FUNCTION."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all of a terminal; the caller says what follows
    module, _, attribute = name.partition(":")
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints must not stand among the answers
    with suppress(_DismissedError, BrokenPipeError):
        _serve(getattr(importlib.import_module(module), attribute), sys.stdin, answers)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
