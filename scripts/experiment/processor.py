"""This processor: its name, and which precision it can train in."""

import platform
from pathlib import Path

# Instructions that multiply numbers of 8 significant bits and add up in float32, as Linux calls them.
BFLOAT16 = {"avx512_bf16", "amx_bf16"}


def cpu_model() -> str:
    """The processor's name, as the system gives it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor()


def find_lack(precision: str, cpuinfo: Path = Path("/proc/cpuinfo")) -> str | None:
    """Why this processor cannot train in the precision, in one line; None where it can.

    Without the instructions bfloat16 would be slower than float32, and give other bits.
    """
    if precision == "float32":
        return None
    words = set(cpuinfo.read_text().split()) if cpuinfo.exists() else set()
    if words & BFLOAT16:
        return None
    return (
        f"training.precision is {precision}, but this processor has neither of its instructions "
        f"({' or '.join(sorted(BFLOAT16))}); allowed here: float32"
    )
