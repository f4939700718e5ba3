"""What took seconds to find out, kept below .snakemake/ for jobs and later starts."""

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

KEPT = Path(".snakemake")


def remembered(what: str, about: Any, find_out: Callable[[], Any]) -> Any:
    """What `find_out` gives, from an earlier call where there was one. What it raises is not kept.

    what: name of a folder. about: all that decides the answer; it and the answer are JSON.
    """
    name = hashlib.sha256(json.dumps(about).encode()).hexdigest()
    path = KEPT / what / f"{name}.json"
    with contextlib.suppress(OSError, ValueError):  # not asked before, or damaged
        return json.loads(path.read_text(encoding="utf-8"))
    answer = find_out()
    with contextlib.suppress(OSError):  # then the next process finds it out again
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as part:
            json.dump(answer, part)
        os.replace(part.name, path)  # whole or not there: other processes read it
    return answer
