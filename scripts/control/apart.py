"""Questions about what people bring, their networks and images, answered by a script in a process of its own.

Snakemake's own process never executes their files, does not end with a library that a damaged file ends, and
never imports TensorFlow, which takes seconds.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

LONGEST = 300  # seconds for an answer


def ask_apart(
    script: str, path: str, *question: Any, where: str = "the network", seconds: float | None = LONGEST
) -> dict[str, Any]:
    """What the script says about the file at `path`. Ends this process with one line for an `error`.

    script: of this folder, which calls `answer_apart`. question: JSON. where: for the error. seconds: for
    the answer; None: as long as it takes, while the script may say more to standard error.
    """
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        # -P: not to look for modules beside the script, where code.py would hide Python's own.
        command = [sys.executable, "-P", script, str(answer), json.dumps([path, *question])]
        places = [str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(places), "TF_CPP_MIN_LOG_LEVEL": "3"}
        try:
            said = None if seconds is None else subprocess.PIPE
            done = subprocess.run(
                command, env=environment, timeout=seconds, stdout=subprocess.PIPE, stderr=said, check=False
            )
        except subprocess.TimeoutExpired:
            sys.exit(f"ERROR in {where}: {path} was not opened and tried within {seconds} seconds")
        if not answer.exists():
            status = done.returncode
            sys.exit(f"ERROR in {where}: {path} ended its process (status {status}) as it was opened")
        facts = json.loads(answer.read_text())
    if "error" in facts:
        sys.exit(f"ERROR in {where}: {' '.join(facts['error'].split())}")
    return facts


def answer_apart(answer_for: Callable[..., dict[str, Any]]) -> None:
    """Answer the question of `ask_apart`, whose parts are the arguments of `answer_for`."""
    answer, question = sys.argv[1:]
    Path(answer).write_text(json.dumps(answer_for(*json.loads(question))))
