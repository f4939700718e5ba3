"""Which code decides the result of a script."""

from modulefinder import ModuleFinder
from pathlib import Path

DECIDING = ("experiment", "analysis")  # folders; an edit in plumbing or control changes no result


def deciding_code(script: Path) -> list[Path]:
    """A script and the modules from experiment/ and analysis/ that it imports, however deep, in one order."""
    finder = ModuleFinder(path=[str(script.parent)])
    finder.run_script(str(script))
    modules = [Path(module.__file__) for module in finder.modules.values() if module.__file__]
    # An __init__.py holds no code here.
    deciding = [path for path in modules if path.parent.name in DECIDING and path.name != "__init__.py"]
    return [script, *sorted(deciding)]
