"""Imports go only the allowed ways, so that what decides the bits knows nothing of what runs it."""

import ast
import importlib.metadata
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# Which of our folders each folder may import. Scripts lie in none, and may import each other.
ALLOWED = {
    "inputs": {"inputs"},
    "experiment": {"experiment", "inputs"},
    "analysis": {"analysis", "experiment", "inputs"},
    "lab": {"lab", "analysis", "experiment", "inputs"},
    "plumbing": {"plumbing"},
    "control": {"control", "experiment", "inputs", "plumbing"},
    "": {"inputs", "experiment", "analysis", "lab", "plumbing"},
}
SLOW = {"tensorflow", "keras"}  # which take seconds to import, and write to the log


def imported(node: ast.AST) -> set[str]:
    """Top names of the modules that a statement imports. Of a relative import the dots."""
    if isinstance(node, ast.Import):
        return {alias.name.split(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        return {"." * node.level or node.module.split(".")[0]}
    return set()


def at_top(node: ast.AST) -> Iterator[ast.AST]:
    """The statements that are executed as a module is imported: none within a function or for types alone."""
    for child in ast.iter_child_nodes(node):
        for_types = isinstance(child, ast.If) and getattr(child.test, "id", "") == "TYPE_CHECKING"
        if not (for_types or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)):
            yield child
            yield from at_top(child)


def forbidden_imports(scripts: Path) -> list[str]:
    """'file: module' for every import below `scripts` that goes a way that is not allowed."""
    found = []
    for path in sorted(scripts.rglob("*.py")):
        place = path.relative_to(scripts)
        folder = place.parts[0] if len(place.parts) > 1 else ""
        tree = ast.parse(path.read_text(encoding="utf-8"))
        wrong = set()
        for name in set().union(*map(imported, ast.walk(tree))):
            ours = name in ALLOWED and name not in ALLOWED[folder]
            if ours or name.startswith(".") or (name.startswith("snakemake") and folder != "control"):
                wrong.add(name)
        if folder != "experiment":
            wrong |= SLOW & set().union(*map(imported, at_top(tree)))
        found += [f"{place}: {name}" for name in sorted(wrong)]
    return found


def imported_tests(tests: Path) -> list[str]:
    """'file: module' for every test file that imports another test file."""
    return [
        f"{path.relative_to(tests)}: {name}"
        for path in sorted(tests.rglob("*.py"))
        for name in sorted(set().union(*map(imported, ast.walk(ast.parse(path.read_text())))))
        if name.startswith("test_")
    ]


def test_imports_go_only_the_allowed_ways():
    assert forbidden_imports(Path("scripts")) == []


@pytest.mark.parametrize(
    ("path", "source", "names"),
    [
        ("inputs/a.py", "from experiment.runs import Run\nimport inputs.b", ["experiment"]),
        ("experiment/a.py", "from analysis.tables import x\nfrom inputs import datasets", ["analysis"]),
        ("analysis/a.py", "from lab.page import make_page", ["lab"]),
        ("lab/a.py", "from analysis.tables import x\nfrom plumbing import job", ["plumbing"]),
        ("experiment/a.py", "def f():\n    import plumbing.cards, control", ["control", "plumbing"]),
        ("experiment/a.py", "import tensorflow as tf\nimport experiment.b, numpy", []),
        ("analysis/a.py", "from plumbing import cards\nimport experiment.runs", ["plumbing"]),
        ("analysis/a.py", "if True:\n    import keras.layers", ["keras"]),
        ("analysis/a.py", "class A:\n    from tensorflow import io", ["tensorflow"]),
        ("analysis/a.py", "def f():\n    import keras", []),
        ("lab/a.py", "if TYPE_CHECKING:\n    import keras", []),
        ("analysis/a.py", "from . import tables", ["."]),
        ("plumbing/a.py", "import experiment\nfrom plumbing import cards", ["experiment"]),
        ("control/a.py", "import snakemake.logging\nimport experiment.runs, control.b", []),
        ("control/a.py", "from analysis import tables\nfrom plumbing import log", ["analysis"]),
        ("script.py", "from snakemake.script import snakemake\nimport control", ["control", "snakemake"]),
        ("script.py", "import snakemake_interface_logger_plugins", ["snakemake_interface_logger_plugins"]),
        ("script.py", "from analysis import tables\nimport other_script", []),
    ],
)
def test_any_other_import_is_found(tmp_path, path, source, names):
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_text(source)
    assert forbidden_imports(tmp_path) == [f"{path}: {name}" for name in names]


def test_no_test_imports_another_test():
    assert imported_tests(Path("tests")) == []


def test_an_imported_test_is_found(tmp_path):
    (tmp_path / "unit").mkdir()
    (tmp_path / "unit/test_a.py").write_text("def f():\n    from test_b import g\nimport conftest, mirror\n")
    (tmp_path / "test_b.py").write_text("import pytest\n")
    assert imported_tests(tmp_path) == ["unit/test_a.py: test_b"]


def test_no_installed_distribution_has_a_module_of_the_same_name():
    installed = importlib.metadata.packages_distributions()
    assert "numpy" in installed
    assert {name: installed[name] for name in ALLOWED if name in installed} == {}


def test_snakemakes_own_process_does_not_load_tensorflow():
    modules = [
        *(f"control.{path.stem}" for path in Path("scripts/control").glob("[!_]*.py")),
        *("inputs.datasets", "inputs.people", "experiment.ceiling", "experiment.draws", "experiment.network"),
        *("experiment.runs", "experiment.selection", "analysis.kinds", "analysis.tables"),
    ]
    code = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={"PYTHONPATH": "scripts"})
    assert set(modules) <= set(done.stdout.split())
    assert not SLOW & set(done.stdout.split())
