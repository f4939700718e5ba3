"""The code that decides the result of a script is known in full: an edit of it reruns the rule."""

import ast
import re
import subprocess
import sys
from modulefinder import ModuleFinder
from pathlib import Path

import pytest

from control.code import DECIDING, code_checksum, deciding_code, imported_by

SCRIPTS = Path("scripts").resolve()
RUN = sorted(
    {
        name
        for path in Path("rules").glob("*.smk")
        for name in re.findall(r"scripts/(\w+)\.py", path.read_text())
    }
)

MEASURING = (
    "add_noise",
    "train_model",
    "estimate_ceiling",
    "fit_baselines",
    "evaluate_models",
    "read_person",
    "read_set",
)

# Prints the file of every module that an import of the script has brought.
LOADED = """
import importlib, sys
sys.path.insert(0, sys.argv[1])
importlib.import_module(sys.argv[2])
print(*(getattr(module, "__file__", None) for module in list(sys.modules.values())), sep="\\n")
"""


def needed_code(script: Path) -> set[Path]:
    """A script and all of its own modules, however deep, but for those that decide no result."""
    finder = ModuleFinder(path=[str(script.parent)])
    finder.run_script(str(script))
    found = {Path(module.__file__) for module in finder.modules.values() if module.__file__}
    return {
        path
        for path in found
        if path.parent.name not in ("plumbing", "control") and path.name != "__init__.py"
    }


def test_every_script_of_a_rule_is_tested_here():
    assert len(RUN) >= 8
    for_people = {"check_results", "reproduce", "show_results"}
    assert {path.stem for path in SCRIPTS.glob("*.py")} - set(RUN) == for_people


@pytest.mark.parametrize("name", RUN)
def test_deciding_code_is_all_that_the_script_imports_of_ours_also_within_functions(name):
    script = SCRIPTS / f"{name}.py"
    code = deciding_code(script)
    assert code[0] == script
    assert code[1:] == sorted(code[1:])
    assert {path.parent.name for path in code[1:]} <= set(DECIDING)
    assert set(code) == needed_code(script)


@pytest.mark.parametrize("name", MEASURING)
def test_nothing_that_measures_imports_words_or_what_interprets(name):
    """So that an edit of a label or of an interval measures nothing again."""
    assert {path.parent.name for path in deciding_code(SCRIPTS / f"{name}.py")} <= {
        *("scripts", "experiment", "inputs")
    }


@pytest.mark.parametrize("name", RUN)
def test_deciding_code_has_every_module_that_python_loads(name):
    command = [sys.executable, "-c", LOADED, str(SCRIPTS), name]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    ours = {Path(line) for line in done.stdout.splitlines() if line.startswith(f"{SCRIPTS}/")}
    deciding = {path for path in ours if path.parent.name in DECIDING and path.name != "__init__.py"}
    assert SCRIPTS / f"{name}.py" in ours
    assert deciding <= set(deciding_code(SCRIPTS / f"{name}.py"))


@pytest.fixture
def tree(tmp_path):
    """A script that imports a module within a function, which imports others within a function of a class."""
    sources = {
        "script.py": "from plumbing import job\ndef main():\n    from experiment import deep as d\n",
        "experiment/deep.py": "class A:\n    def f(self):\n        import json as j, analysis.far as far\n",
        "analysis/far.py": "from experiment import (  # (all)\n    more,  # text\n    last as final,\n)\n",
        "experiment/more.py": "text = 'from experiment import unused'\n",
        "experiment/last.py": "f = 1\n",
        "experiment/unused.py": "",
        "plumbing/job.py": "import analysis.far\n",
    }
    for path, text in sources.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    for folder in ("experiment", "analysis", "plumbing"):
        (tmp_path / folder / "__init__.py").write_text('"""Nothing."""\n')
    return tmp_path


def test_import_deep_within_a_function_is_found(tree):
    modules = ["analysis/far", "experiment/deep", "experiment/last", "experiment/more"]
    names = [f"{name}.py" for name in ("script", *modules)]
    assert deciding_code(tree / "script.py") == [tree / name for name in names]
    assert needed_code(tree / "script.py") == {tree / name for name in names}


def test_the_checksum_is_of_the_names_and_bytes_of_that_code_and_of_parts(tree):
    def checksum(*parts):
        code_checksum.cache_clear()
        imported_by.cache_clear()
        return code_checksum(tree / "script.py", parts)

    found = [checksum()]
    (tree / "plumbing/job.py").write_text("changed = True\n")
    (tree / "experiment/unused.py").write_text("changed = True\n")
    assert checksum() == found[0]
    (tree / "experiment/last.py").write_text("f = 2\n")
    found.append(checksum())
    (tree / "experiment/last.py").write_text("f = 2\n# ")
    found.append(checksum())
    found.append(checksum(tree / "experiment/unused.py"))
    assert len(set(found)) == 4


def test_a_missing_module_is_noticed(tree):
    (tree / "experiment/last.py").write_text("import experiment.unused\n")
    needed = needed_code(tree / "script.py")
    assert needed == set(deciding_code(tree / "script.py"))
    for path in needed:
        assert needed - {path} != set(deciding_code(tree / "script.py"))
    imported_by.cache_clear()
    (tree / "script.py").write_text("import other\n")  # a script beside it is not in deciding_code
    (tree / "other.py").write_text("")
    assert needed_code(tree / "script.py") - set(deciding_code(tree / "script.py")) == {tree / "other.py"}


@pytest.mark.parametrize("path", sorted(SCRIPTS.rglob("__init__.py")), ids=lambda path: path.parent.name)
def test_a_folders_init_holds_a_docstring_and_no_code(path):
    (statement,) = ast.parse(path.read_text(encoding="utf-8")).body
    assert isinstance(statement, ast.Expr)
    assert isinstance(ast.literal_eval(statement.value), str)


def test_every_folder_has_an_init():
    folders = {path.parent for path in SCRIPTS.glob("*/*.py")}
    assert {path.name for path in folders} == {
        "analysis",
        "control",
        "experiment",
        "inputs",
        "lab",
        "plumbing",
    }
    assert all((folder / "__init__.py").exists() for folder in folders)
