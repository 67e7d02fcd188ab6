"""Every module of wtal_core can be the first that a process imports: no circle between packages."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

SCRIPT = """
import importlib, sys
import numpy, safetensors.torch, torch
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


def test_every_module_can_be_imported_first():
    """One process for all: what others import is loaded once, wtal_core anew for each module.

    To import a module is to import its package first. What the package has loaded when that is done needs no turn of
    its own: the same happens in the same order. A package comes before its modules.
    """
    paths = [path.relative_to(ROOT).with_suffix("") for path in sorted((ROOT / "wtal_core").rglob("*.py"))]
    names = sorted(".".join(path.parts).removesuffix(".__init__") for path in paths)
    assert "wtal_core.losses.mil" in names
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *names], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr
