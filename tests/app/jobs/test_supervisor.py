"""The supervisor with real processes: what dies comes back, what is refused ends all, a signal ends all well."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from app import supervisor

ROOT = Path(__file__).resolve().parents[3]


def start(tmp_path: Path, *children: str) -> subprocess.Popen[str]:
    """A supervisor over python snippets; each child gets the folder as its first argument."""
    script = textwrap.dedent(
        f"""
        import sys
        from app.supervisor import Command, supervise
        children = {list(children)!r}
        argv = [(sys.executable, "-c", child, {str(tmp_path)!r}) for child in children]
        raise SystemExit(supervise([Command(f"child {{i}}", a) for i, a in enumerate(argv)]))
        """
    )
    return subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stderr=subprocess.PIPE, text=True)


def wait_for(condition, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


SLEEPER = """
import os, pathlib, sys, time
with (pathlib.Path(sys.argv[1]) / 'pids').open('a') as file:
    print(os.getpid(), file=file)
time.sleep(60)
"""


def pids(folder: Path) -> list[int]:
    file = folder / "pids"
    return [int(line) for line in file.read_text().splitlines()] if file.exists() else []


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_killed_child_is_started_again_and_a_signal_ends_all_with_status_0(tmp_path):
    process = start(tmp_path, SLEEPER)
    wait_for(lambda: len(pids(tmp_path)) == 1)
    os.kill(pids(tmp_path)[0], signal.SIGKILL)
    wait_for(lambda: len(pids(tmp_path)) == 2)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert "child 0 ended with signal SIGKILL; starting it again in 0.5 s" in process.stderr.read()
    assert not is_alive(pids(tmp_path)[1])


def test_a_child_that_is_refused_ends_the_others_with_status_2(tmp_path):
    process = start(tmp_path, SLEEPER, "raise SystemExit(2)")
    assert process.wait(10) == 2
    assert "child 1 refused to start" in process.stderr.read()
    assert not any(is_alive(pid) for pid in pids(tmp_path))


def test_pauses_double_while_a_child_keeps_dying_and_start_over_once_it_settled(monkeypatch, capsys):
    clock = [100.0]
    monkeypatch.setattr(supervisor.time, "monotonic", lambda: clock[0])

    class Dead:
        def poll(self) -> int:
            return 1

    child = supervisor._Child(supervisor.Command("web", ("false",)))

    def begin() -> None:
        child.process, child.started = Dead(), clock[0]

    monkeypatch.setattr(child, "start", begin)
    pauses = []
    for _ in range(8):
        child.start()
        assert not supervisor._keep(child, sys.stderr)
        pauses.append(child.due - clock[0])
        clock[0] += pauses[-1]
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30]
    child.start()
    clock[0] += supervisor.SETTLED
    supervisor._keep(child, sys.stderr)
    assert child.due - clock[0] == 0.5
    assert "web ended with status 1" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")
def test_killing_the_supervisor_leaves_no_child_behind(tmp_path):
    process = start(tmp_path, SLEEPER)
    wait_for(lambda: len(pids(tmp_path)) == 1)
    process.kill()
    process.wait(10)
    wait_for(lambda: not is_alive(pids(tmp_path)[0]))


def test_a_taken_port_is_refused_in_one_line(capsys):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert supervisor.serve("127.0.0.1", port) == 2
    message = capsys.readouterr().err
    assert f"cannot listen on 127.0.0.1:{port}" in message
    assert "--port" in message


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8501"),
        ("0.0.0.0", "http://127.0.0.1:8501"),
        ("::", "http://[::1]:8501"),
        ("::1", "http://[::1]:8501"),
        ("lab.example", "http://lab.example:8501"),
    ],
)
def test_the_address_shown_is_one_a_browser_can_open(host, url):
    assert supervisor.address(host, 8501) == url


def test_the_web_listens_where_it_is_told_and_sends_no_statistics():
    argv = supervisor.web_command("127.0.0.1", 9000).argv
    flags = dict(zip(argv[argv.index(next(a for a in argv if a.startswith("--"))) :: 2], argv[6::2], strict=False))
    assert flags["--server.address"] == "127.0.0.1"
    assert flags["--server.port"] == "9000"
    assert flags["--browser.gatherUsageStats"] == "false"


def test_who_waits_starts_when_the_service_answers_and_who_runs_once_is_not_started_again(tmp_path):
    """The service answers from the second look on; the first command ends at once and well."""
    marks = {name: tmp_path / name for name in ("once", "waits")}
    write = "import pathlib, sys; pathlib.Path(sys.argv[1]).open('a').write('x')"
    commands = [
        supervisor.Command("once", (sys.executable, "-c", write, str(marks["once"])), is_once=True),
        supervisor.Command(
            "waits", (sys.executable, "-c", write + "; import time; time.sleep(60)", str(marks["waits"])), waits=True
        ),
    ]
    looks = []

    def answers() -> bool:
        looks.append(marks["waits"].exists())
        if len(looks) == 1:
            return False
        threading.Thread(target=end_when_both_ran, daemon=True).start()
        return True

    def end_when_both_ran() -> None:
        wait_for(lambda: all(mark.exists() and mark.read_text() for mark in marks.values()))
        time.sleep(3 * supervisor.POLL)
        os.kill(os.getpid(), signal.SIGTERM)

    assert supervisor.supervise(commands, until_ready=answers) == 0
    assert looks == [False, False]
    assert marks["once"].read_text() == "x"
