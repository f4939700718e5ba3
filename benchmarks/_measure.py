"""Shared by the benchmarks: run a command, measure its time and memory, print a table."""

import os
import platform
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
PEERS = ROOT / ".venv-peers/bin/python"  # with PyTorch and JAX
sys.path.insert(0, str(ROOT / "scripts"))

from plumbing.cards import cpu_model  # noqa: E402


def run_command(command: list[str], folder: Path = ROOT, **environment: str) -> tuple[float, float, str]:
    """Run a command. Gives its seconds, the peak memory of its largest process (MB) and what it printed.

    A command that fails ends this process. `environment` adds to our variables. Snakemake's own messages go
    to the stderr of this process.
    """
    start = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, text=True, env=os.environ | environment
    )
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"ERROR: {' '.join(map(str, command))} ended with status {process.returncode}:\n{said}")
    return seconds, usage.ru_maxrss / 1024, said


def print_table(title: str, header: list[str], rows: list[list]) -> None:
    """Print as Markdown, floats with three significant digits."""
    print(f"\n### {title}\n")
    print("| " + " | ".join(header) + " |")
    print("| --- |" + " ---: |" * (len(header) - 1))
    for row in rows:
        print(
            "| " + " | ".join(f"{cell:.3g}" if isinstance(cell, float) else str(cell) for cell in row) + " |"
        )
    print(flush=True)


def print_machine() -> None:
    print(f"{time.strftime('%Y-%m-%d %H:%M')}, {cpu_model()}, {os.cpu_count()} cores, {platform.platform()}")
