"""Which code decides the result of a script."""

import ast
import functools
from pathlib import Path

DECIDING = ("experiment", "analysis")  # folders; an edit in plumbing or control changes no result


@functools.cache
def imported_by(path: Path, scripts: Path) -> frozenset[Path]:
    """Files below the folder `scripts` that a file imports, also within its functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            names |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    files = {scripts / f"{name.replace('.', '/')}.py" for name in names}
    return frozenset(file for file in files if file.exists())


def deciding_code(script: Path) -> list[Path]:
    """A script and the modules from experiment/ and analysis/ that it imports, however deep, in one order."""
    found, new = set(), {script}
    while new:
        found |= new
        new = {other for path in new for other in imported_by(path, script.parent)} - found
    return [script, *sorted(path for path in found if path.parent.name in DECIDING)]
