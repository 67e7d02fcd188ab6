"""The tree is the architecture: imports point inwards, and these tests say so."""

import ast
from collections.abc import Iterable
from functools import cache
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


@cache
def sources() -> tuple[str, ...]:
    return tuple(
        sorted(
            str(path.relative_to(ROOT))
            for package in PACKAGES
            for path in (ROOT / package).rglob("*.py")
            if "migrations/versions" not in str(path)
        )
    )


@cache
def tree(source: str) -> ast.Module:
    return ast.parse((ROOT / source).read_text(encoding="utf-8"))


@cache
def nodes(source: str) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree(source)))


def imported(among: Iterable[ast.AST]) -> set[str]:
    names: set[str] = set()
    for node in among:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@cache
def imports(source: str) -> frozenset[str]:
    return frozenset(imported(nodes(source)))


def top_level(names: Iterable[str]) -> set[str]:
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("place", FORBIDDEN)
def test_imports_point_inwards(place):
    inside = [source for source in sources() if source.startswith(place + "/")]
    found = {source: sorted(top_level(imports(source)) & FORBIDDEN[place]) for source in inside}
    assert inside
    assert {source: names for source, names in found.items() if names} == {}


def test_only_pages_components_state_and_main_know_streamlit():
    users = [source for source in sources() if "streamlit" in top_level(imports(source))]
    assert users
    assert [source for source in users if not source.startswith(ENTRY_POINTS_OF_STREAMLIT)] == []


def test_what_the_web_process_loads_does_not_import_torch_at_its_top():
    loaded = [source for source in sources() if source.startswith(TORCH_FREE)]
    assert [source for source in loaded if "torch" in top_level(imported(tree(source).body))] == []


def test_there_are_no_drawer_modules():
    assert [source for source in sources() if Path(source).stem in DRAWERS] == []


def test_no_except_is_bare():
    bare = [
        f"{source}:{node.lineno}"
        for source in sources()
        for node in nodes(source)
        if isinstance(node, ast.ExceptHandler) and node.type is None
    ]
    assert bare == []


def test_no_pickle_is_ever_loaded():
    """But for W-TALC's object arrays, by an unpickler that names nothing but stand-ins for NumPy's constructors."""
    loaders = {"pickle", "dill", "joblib", "shelve", "marshal"}
    found = {source: sorted(loaders & top_level(imports(source))) for source in sources()}
    assert {source: names for source, names in found.items() if names} == {RESTRICTED_UNPICKLER: ["pickle"]}
    unsafe = [
        f"{source}:{node.lineno} {ast.unparse(node)}"
        for source in sources()
        for node in nodes(source)
        if isinstance(node, ast.keyword)
        and node.arg in {"allow_pickle", "weights_only"}
        and ast.unparse(node.value) != str(node.arg == "weights_only")
    ]
    assert unsafe == []


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
    inner = [source for source in sources() if not source.startswith("app/pages/") and source != "app/main.py"]
    of_pages = [source for source in inner if any(n.startswith(("app.pages", "app.main")) for n in imports(source))]
    assert of_pages == []
