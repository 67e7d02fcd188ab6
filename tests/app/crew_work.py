"""What the crew of a test works on: functions a process of its own can import."""

import os
import signal
import time
from pathlib import Path


def write(*, path: str, progress) -> str:
    """Leave one's process number in a file, and print what must not disturb the answers."""
    progress(0.5)
    print("a line of a library")
    Path(path).write_text(str(os.getpid()))
    return f"wrote {Path(path).name}"


def fail(*, how: str, progress) -> None:
    """Fail in one of four ways, or not."""
    if how == "value":
        raise ValueError("a.mp4: it holds no pictures")
    if how == "disk":
        raise OSError(28, "no room left")
    if how == "other":
        raise KeyError("x")
    if how == "killed":
        os.kill(os.getpid(), signal.SIGKILL)


def wait(*, folder: str, progress) -> None:
    """Work for a minute in small steps; say in files that one has begun, and that one has cleaned up."""
    mine = Path(folder) / str(os.getpid())
    mine.touch()
    try:
        for step in range(600):
            time.sleep(0.1)
            progress(step / 600)
    finally:
        mine.unlink()
