"""Which code decides the result of a script, and its checksum."""

import functools
import hashlib
import re
from pathlib import Path

DECIDING = (
    "inputs",
    "experiment",
    "analysis",
    "lab",
)  # folders; an edit in plumbing or control changes no result
# `import a.b as c, d`, `from a.b import c as d, e`, and the same with names in brackets over several lines.
# Python's own parser would take a twentieth of every start of Snakemake.
IMPORT = re.compile(r"^ *(?:from +([\w.]+) +)?import +(?:\(([^)]*)\)|([^(\n]*))", re.MULTILINE)


@functools.cache
def imported_by(path: Path, scripts: Path) -> frozenset[Path]:
    """Files below the folder `scripts` that a file imports, also within its functions."""
    modules = set()
    for parent, *names in IMPORT.findall(re.sub("#.*", "", path.read_text(encoding="utf-8"))):
        imported = re.findall(r"(?:^|,)\s*([\w.]+)", "".join(names))
        modules |= {parent, *(f"{parent}.{name}".lstrip(".") for name in imported)}
    files = {scripts / f"{module.replace('.', '/')}.py" for module in modules}
    return frozenset(file for file in files if file.exists())


def deciding_code(script: Path) -> list[Path]:
    """A script and the modules of these folders that it imports, however deep, in one order."""
    found, new = set(), {script}
    while new:
        found |= new
        new = {other for path in new for other in imported_by(path, script.parent)} - found
    return [script, *sorted(path for path in found if path.parent.name in DECIDING)]


@functools.cache
def code_checksum(script: Path, parts: tuple[Path, ...] = ()) -> str:
    """SHA-256 of the code that decides a script's result: of the names and bytes of its files.

    parts: files beside that code which the result is made of.
    """
    checksum = hashlib.sha256()
    for path in (*deciding_code(script), *parts):
        content = path.read_bytes()
        checksum.update(f"{path.parent.name}/{path.name} {len(content)}\n".encode() + content)
    return checksum.hexdigest()
