"""The tree is the architecture: imports point inwards, and these tests say so."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("app", "db", "wtal_core")
ENTRY_POINTS_OF_STREAMLIT = ("app/main.py", "app/pages/", "app/components/", "app/state.py")
FORBIDDEN = {
    "wtal_core": {"app", "db", "streamlit", "sqlalchemy", "plotly", "huey", "starlette"},
    "db": {"app", "streamlit", "torch", "plotly", "starlette"},
    "app/services": {"streamlit", "plotly"},
}
TORCH_FREE = (
    "app/main.py",
    "app/server.py",
    "app/routes/",
    "app/pages/",
    "app/components/",
    "app/services/",
    "app/cli.py",
    "db/",
)
RESTRICTED_UNPICKLER = "wtal_core/layouts/object_npy.py"
DRAWERS = {"utils", "util", "helpers", "common", "misc"}


def sources() -> list[str]:
    return sorted(
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if "migrations/versions" not in str(path)
    )


def tree(source: str) -> ast.Module:
    return ast.parse((ROOT / source).read_text(encoding="utf-8"))


def imported(nodes: Iterator[ast.AST] | list[ast.stmt]) -> set[str]:
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def top_level(names: set[str]) -> set[str]:
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("source", sources())
def test_imports_point_inwards(source):
    names = top_level(imported(ast.walk(tree(source))))
    for place, forbidden in FORBIDDEN.items():
        if source.startswith(place + "/"):
            assert not names & forbidden, f"{source} imports {sorted(names & forbidden)}"


@pytest.mark.parametrize("source", sources())
def test_only_pages_components_state_and_main_know_streamlit(source):
    if "streamlit" in top_level(imported(ast.walk(tree(source)))):
        assert source.startswith(ENTRY_POINTS_OF_STREAMLIT), source


@pytest.mark.parametrize("source", [source for source in sources() if source.startswith(TORCH_FREE)])
def test_what_the_web_process_loads_does_not_import_torch_at_its_top(source):
    body = tree(source).body
    assert "torch" not in top_level(imported(body)), source


@pytest.mark.parametrize("source", sources())
def test_no_bare_except_and_no_drawer_modules(source):
    assert Path(source).stem not in DRAWERS
    handlers = [node for node in ast.walk(tree(source)) if isinstance(node, ast.ExceptHandler)]
    assert all(handler.type is not None for handler in handlers), f"bare except in {source}"


@pytest.mark.parametrize("source", sources())
def test_no_pickle_is_ever_loaded(source):
    """But for W-TALC's object arrays, by an unpickler that names nothing but stand-ins for NumPy's constructors."""
    names = imported(ast.walk(tree(source)))
    loaders = {"pickle", "dill", "joblib", "shelve", "marshal"} & top_level(names)
    assert loaders <= ({"pickle"} if source == RESTRICTED_UNPICKLER else set()), source
    for node in ast.walk(tree(source)):
        if isinstance(node, ast.keyword) and node.arg in {"allow_pickle", "weights_only"}:
            safe = node.arg == "weights_only"
            assert ast.unparse(node.value) == str(safe), f"{source}: {node.arg}"


def test_the_one_file_that_imports_pickle_only_derives_an_unpickler_from_it():
    source = tree(RESTRICTED_UNPICKLER)
    used = [ast.unparse(node) for node in ast.walk(source) if isinstance(node, ast.Attribute)]
    assert [name for name in used if name.startswith("pickle.")] == ["pickle.Unpickler"]
    bases = {
        node.name: [ast.unparse(base) for base in node.bases] for node in source.body if isinstance(node, ast.ClassDef)
    }
    assert [name for name, base in bases.items() if base == ["pickle.Unpickler"]] == ["_Unpickler"]


def test_the_inner_packages_are_imported_by_the_outer_ones_only():
    """A page may use services; nobody may use a page."""
    for source in sources():
        if source.startswith("app/pages/") or source == "app/main.py":
            continue
        names = imported(ast.walk(tree(source)))
        assert not any(name.startswith(("app.pages", "app.main")) for name in names), source
