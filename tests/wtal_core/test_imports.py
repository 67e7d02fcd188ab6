"""What a process loads: every module of wtal_core can be the first, and the methods cost no more than torch."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

SCRIPT = """
import importlib, sys
import numpy, safetensors.torch, torch
import wtal_core.models
for name in sorted({"scipy.optimize", "scipy.signal", "scipy.special", "scipy.stats"} & {*sys.modules}):
    print("loaded", name)
loaded_by_package = set()
for name in sys.argv[1:]:
    if name in loaded_by_package:
        continue
    for old in [each for each in sys.modules if each.split(".")[0] == "wtal_core"]:
        del sys.modules[old]
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        print(name, error)
        continue
    if hasattr(module, "__path__"):
        loaded_by_package |= {each for each in sys.modules if each.startswith(name + ".")}
"""


@pytest.fixture(scope="module")
def said() -> list[str]:
    """What one process has to say that imports the methods, and then each module as if it were the first.

    What others import is loaded once, wtal_core anew for each module.

    To import a module is to import its package first. What the package has loaded when that is done needs no turn of
    its own: the same happens in the same order. A package comes before its modules.
    """
    paths = [path.relative_to(ROOT).with_suffix("") for path in sorted((ROOT / "wtal_core").rglob("*.py"))]
    names = sorted(".".join(path.parts).removesuffix(".__init__") for path in paths)
    assert "wtal_core.losses.mil" in names
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *names], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_every_module_can_be_imported_first(said):
    assert [line for line in said if not line.startswith("loaded ")] == []


def test_the_methods_load_no_solver_and_no_statistics(said):
    """A worker imports them all when it starts; SciPy's larger parts are half as much again as torch."""
    assert [line for line in said if line.startswith("loaded ")] == []
