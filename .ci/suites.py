"""Run every check and print the CPU seconds of each beside its budget. A budget warns, it never fails a run."""

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
PYTEST = [sys.executable, "-m", "pytest", "-q", "-m", "not soak", "-p", "no:cacheprovider"]
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
    "browser": ([*PYTEST, "tests/browser"], 300),
}


def cpu_seconds() -> float:
    """User and system seconds of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(names: list[str]) -> int:
    """Run the named suites (all without names); 0 only if every one passed."""
    unknown = [name for name in names if name not in SUITES]
    if unknown:
        print(f"no suite called {', '.join(unknown)}; there are {', '.join(SUITES)}", file=sys.stderr)
        return 2
    environment = {"OMP_NUM_THREADS": "1"} | os.environ  # more spin against each other on a busy machine
    rows, failed = [], []
    for name in names or SUITES:
        command, budget = SUITES[name]
        print(f"\n== {name}", flush=True)
        cpu, wall = cpu_seconds(), time.monotonic()
        code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
        rows.append((name, cpu_seconds() - cpu, budget, time.monotonic() - wall, code))
        if code:
            failed.append(name)
    print("\nsuite          CPU s   budget   wall s")
    for name, used, budget, wall, code in rows:
        remark = " FAILED" if code else " over budget" if used > budget else ""
        print(f"{name:<13}{used:7.1f}{budget:9.0f}{wall:9.1f}{remark}")
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
