"""The front end's own unit tests, run by node."""

import shutil
import subprocess
from pathlib import Path

from playwright._impl._driver import compute_driver_executable

HERE = Path(__file__).resolve().parent
SOURCES = HERE.parents[1] / "app" / "components" / "annotator"


def test_the_front_end_passes_its_unit_tests():
    node = shutil.which("node") or compute_driver_executable()[0]  # Playwright brings a node of its own
    tests = sorted(str(path) for path in HERE.glob("*.test.js"))
    assert tests, "no *.test.js beside this file"
    done = subprocess.run([node, "--test", *tests], cwd=HERE, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_no_module_reaches_beyond_this_host():
    """No address of another host, no evaluated text, no HTML made of text."""
    for path in SOURCES.rglob("*.js"):
        text = path.read_text()
        for forbidden in ("http://", "https://", "innerHTML", "eval(", "document.write", "insertAdjacentHTML"):
            assert forbidden not in text, f"{path.name} has {forbidden}"


def test_every_file_is_part_of_the_version_in_the_address(tmp_path: Path):
    """A changed line in a folder below changes the address; other files do not."""
    from app.components.annotator import ASSETS_VERSION, HERE, _version

    copy = tmp_path / "annotator"
    shutil.copytree(HERE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    assert _version(copy) == ASSETS_VERSION
    (copy / "notes.txt").write_text("not served")
    assert _version(copy) == ASSETS_VERSION
    with (copy / "timeline" / "viewport.js").open("a") as file:
        file.write("\n")
    assert _version(copy) != ASSETS_VERSION
