"""The arrows of ARCHITECTURE.md and the forbidden imports, as tests."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "starlight"
FREE = {
    "errors",
    "extras",
    "dtntime",
    "faults",
    "formatted_text",
    "input_files",
    "json_text",
    "json_time",
    "packed_json",
    "trace",
    "stand_ins",
    "type_words",
    "typed_values",
    "visible_text",
    "worlds",
    "__init__",
}
FORBIDDEN = {
    "asyncio": "return actions and let live/ perform them",
    "socket": "return bytes and let neighbours/ send them",
    "ssl": "hand it to live/",
    "threading": "hand it to live/",
    "time": "take `now` as an argument",
    "secrets": "take the random bytes as an argument",
    "uuid": "derive the id from what is handed in",
    "os": "take the open file or its bytes as an argument",
    "subprocess": "hand it to cli/ or app/",
    "sqlite3": "return store writes as actions",
    "apsw": "return store writes as actions",
}
IO_LAYERS = {
    "input_files",
    "client",
    "live",
    "media",
    "neighbours",
    "store",
    "web",
    "scenario",
    "planner",
    "reports",
    "rehearsal",
    "app",
    "cli",
}
MODULES = sorted(SOURCE.rglob("*.py"))


def arrow_table() -> dict[str, set[str]]:
    """Read from the table which layers, or single modules of a layer, a layer may import."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    layers = {path.name for path in SOURCE.iterdir() if path.is_dir() and not path.name.startswith("_")}
    table: dict[str, set[str]] = {}
    rows = re.findall(r"^\| ([a-z, ]+) \| ([^|]+) \|$", text.partition("| layer | may import |")[2], re.M)
    for names, allowed in rows:
        for layer in names.split(", "):
            if allowed.strip().startswith("all but"):
                table[layer] = layers - set(re.findall(r"[a-z]+", allowed.split("all but")[1]))
            else:
                told = set(re.findall(r"[a-z_]+(?:\.[a-z_]+)?", allowed.partition(";")[0]))
                table[layer] = {name for name in told if name.partition(".")[0] in layers}
    return table


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and full name of each module that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: write the import in full, from starlight..."
            yield node.lineno, node.module or ""
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def layer_of(path: Path) -> str:
    """Return the layer that a module belongs to, or the module's own name at the top."""
    parts = path.relative_to(SOURCE).parts
    return parts[0] if len(parts) > 1 else path.stem


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_a_module_imports_only_what_the_arrow_table_allows(path: Path) -> None:
    """An arrow means "may import"; nothing that is not in the table is allowed."""
    layer = layer_of(path)
    if layer in FREE:
        allowed: set[str] = set()
    elif layer == "__main__":
        allowed = {"cli"}
    else:
        table = arrow_table()
        assert layer in table, f"{layer}/ has no row in ARCHITECTURE.md's arrow table"
        allowed = table[layer] | {layer}
    for line, name in imports_of(path):
        if name.startswith("starlight.") and (target := name.split(".")[1]) not in FREE:
            if target in {"__version__"}:
                continue
            module = ".".join(name.split(".")[1:3])
            assert target in allowed or module in allowed, (
                f"{path.relative_to(ROOT)}:{line}: {layer} may not import {module}; hand the value in instead"
            )


@pytest.mark.parametrize(
    "path", [p for p in MODULES if layer_of(p) not in IO_LAYERS], ids=lambda p: str(p.relative_to(SOURCE))
)
def test_the_core_does_no_io(path: Path) -> None:
    """Elsewhere than in the layers that do I/O, clocks, sockets, threads and files are forbidden."""
    for line, name in imports_of(path):
        root = name.split(".")[0]
        assert root not in FORBIDDEN, f"{path.relative_to(ROOT)}:{line}: no {root} here; {FORBIDDEN[root]}"
        assert root != "random" or layer_of(path) in ("medium", "sim"), (
            f"{path}:{line}: only virtual time draws random numbers"
        )
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"datetime\.(now|utcnow|today)\(", text), f"{path}: take `now` as an argument"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "open", f"{path}:{node.lineno}: take the open file or its bytes instead"


def faces() -> dict[str, set[str]]:
    """Return the names that each package's `__init__` imports for others; an empty set where it has none."""
    found = {}
    for path in SOURCE.glob("*/__init__.py"):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        lists = [n for n in body if isinstance(n, ast.ImportFrom)]
        found[path.parent.name] = {alias.asname or alias.name for n in lists for alias in n.names}
    return found


def names_from_outside(path: Path) -> Iterator[tuple[int, str, str]]:
    """Yield line, module and name of each import from another package, a module taken whole followed."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    # By the name that a package imported whole has here: `from starlight import bundle as bp`.
    packages: dict[str, str] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or node.module is None:
            continue
        if node.module == "starlight":
            packages |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif node.module.startswith("starlight.") and node.module.split(".")[1] != layer_of(path):
            yield from ((node.lineno, node.module, alias.name) for alias in node.names)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in packages:
            yield node.lineno, f"starlight.{packages[node.value.id]}", node.attr


def test_a_package_with_a_face_is_imported_by_its_face() -> None:
    """A package's face is what others import from, or it is empty; a module may be imported whole."""
    with_names = {package for package, names in faces().items() if names}
    for path in MODULES:
        for line, module, name in names_from_outside(path):
            _, package, *behind = module.split(".")
            assert not behind or package not in with_names, (
                f"{path.relative_to(ROOT)}:{line}: write `from starlight.{package} import {name}`"
            )


def test_each_name_in_a_face_is_imported_by_another_package() -> None:
    """A face names nothing that only its own package or a test uses."""
    used = {(module, name) for path in MODULES for _, module, name in names_from_outside(path)}
    for package, names in faces().items():
        unused = {name for name in names if (f"starlight.{package}", name) not in used}
        assert not unused, f"src/starlight/{package}/__init__.py: nobody imports {sorted(unused)} from here"


def test_a_face_imports_names_and_does_nothing_else() -> None:
    """A package's `__init__` is a docstring, or a docstring, imports of its own modules and `__all__`."""
    for path in SOURCE.glob("*/__init__.py"):
        _, *body = ast.parse(path.read_text(encoding="utf-8")).body
        for node in body:
            own = isinstance(node, ast.ImportFrom) and str(node.module).startswith(
                f"starlight.{path.parent.name}."
            )
            listed = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
            assert own or listed, (
                f"{path.relative_to(ROOT)}:{node.lineno}: a face only names what others import"
            )


def test_nobody_uses_the_global_random() -> None:
    """medium and sim may use random.Random(seed), nobody the global one."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            wrong = isinstance(node, ast.Import) and any(alias.name == "random" for alias in node.names)
            if isinstance(node, ast.ImportFrom) and node.module == "random":
                wrong = [alias.name for alias in node.names] != ["Random"]
            assert not wrong, f"{path}: write `from random import Random` and seed it"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_a_module_stays_small_and_says_what_it_is(path: Path) -> None:
    """A module is a noun of at most 600 lines with a docstring; a longer one hides a second noun."""
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 600, (
        f"{path.relative_to(ROOT)} has {text.count(chr(10))} lines; find the second noun"
    )
    assert ast.get_docstring(ast.parse(text)), f"{path.relative_to(ROOT)} says nothing about itself"
    assert path.stem not in {"utils", "helpers", "common", "manager", "base"}, f"{path}: name it by its noun"


def test_the_house_has_two_levels() -> None:
    """Two levels of folders, no deeper (the page's templates and static files aside)."""
    for path in MODULES:
        assert len(path.relative_to(SOURCE).parts) <= 2, f"{path.relative_to(ROOT)} lies too deep"


def test_public_names_have_docstrings() -> None:
    """Public docstrings say what a thing does: every public class and function has one."""
    silent = []
    for path in MODULES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if not node.name.startswith("_") and not ast.get_docstring(node):
                silent.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
    assert not silent, "no docstring: " + ", ".join(silent)
