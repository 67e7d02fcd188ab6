"""Run every check and print the CPU seconds of each beside its budget. A budget warns, it never fails a run.

What needs no browser runs in two lanes, for two cores; what a suite says there is printed when it ends. Browser tests
measure against clocks, so they have the machine for themselves.
"""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
WITH_BROWSER = [sys.executable, "-m", "pytest", "-q", "-m", "not soak", "-p", "no:cacheprovider"]
PYTEST = [*WITH_BROWSER, "-p", "no:playwright"]
SUITES: dict[str, tuple[list[str], float]] = {  # name: (command, CPU seconds it may take)
    "lint": ([str(BIN / "ruff"), "check", "."], 5),
    "format": ([str(BIN / "ruff"), "format", "--check", "."], 5),
    "types": ([str(BIN / "mypy")], 120),
    "architecture": ([*PYTEST, "tests/test_architecture.py"], 10),
    "core": ([*PYTEST, "tests/wtal_core"], 300),
    "benchmarks": ([*PYTEST, "tests/benchmarks"], 20),
    "db": ([*PYTEST, "tests/db"], 60),
    "app": ([*PYTEST, "tests/app"], 240),
    "frontend": ([*PYTEST, "tests/frontend"], 20),
    "browser": ([*WITH_BROWSER, "tests/browser"], 300),
}
LANES = (("lint", "format", "types", "architecture", "core", "benchmarks"), ("app", "db", "frontend"))
ALONE = ("browser",)
ENVIRONMENT = {"OMP_NUM_THREADS": "1"} | os.environ  # more spin against each other on a busy machine
ENVIRONMENT.pop("PYTHONDONTWRITEBYTECODE", None)  # or each of some hundred processes compiles all it loads anew
Row = tuple[str, float, float, int]
"""Name, CPU seconds, wall seconds and exit status of a suite."""


def run(name: str, is_told_at_once: bool) -> Row:
    """Run one suite. Its CPU seconds are user and system time of its process and of all that it has waited for."""
    began = time.monotonic()
    print(f"\n== {name}" if is_told_at_once else f"-- {name} begins", flush=True)
    with subprocess.Popen(
        SUITES[name][0],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=None if is_told_at_once else subprocess.PIPE,
        stderr=None if is_told_at_once else subprocess.STDOUT,
        text=True,
    ) as process:
        said = process.stdout.read() if process.stdout else ""
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if not is_told_at_once:
        print(f"\n== {name}\n{said}", end="", flush=True)
    return name, used.ru_utime + used.ru_stime, time.monotonic() - began, process.returncode


def main(names: list[str]) -> int:
    """Run the named suites (all without names); 0 only if every one passed."""
    unknown = [name for name in names if name not in SUITES]
    if unknown:
        print(f"no suite called {', '.join(unknown)}; there are {', '.join(SUITES)}", file=sys.stderr)
        return 2
    wanted = names or list(SUITES)
    lanes = [[name for name in lane if name in wanted] for lane in LANES]
    is_one = sum(map(bool, lanes)) == 1
    with ThreadPoolExecutor(len(lanes)) as threads:
        rows = [row for lane in threads.map(lambda lane: [run(name, is_one) for name in lane], lanes) for row in lane]
    rows += [run(name, True) for name in ALONE if name in wanted]
    print("\nsuite          CPU s   budget   wall s")
    for name, used, wall, code in rows:
        budget = SUITES[name][1]
        remark = " FAILED" if code else " over budget" if used > budget else ""
        print(f"{name:<13}{used:7.1f}{budget:9.0f}{wall:9.1f}{remark}")
    failed = [name for name, _, _, code in rows if code]
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
