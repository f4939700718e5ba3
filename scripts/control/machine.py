"""What this process may use of its machine: in a container or a job, that is less than the machine has.

`python scripts/control/machine.py` prints the number of cores, for --cores.
"""

import math
import os
import resource
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

MB = 2**20
# An epoch of cnn in mixed_bfloat16 against one in float32, without AVX512_BF16 (docs/performance.md).
SLOWER = 2.3
CGROUPS = Path("/sys/fs/cgroup")


def control_groups(controller: str) -> Iterator[Path]:
    """The folders of the control groups of this process, from its own to the outermost one (cgroups(7), both
    versions).
    """
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        number, controllers, path = line.split(":", 2)
        roots = (
            {CGROUPS, CGROUPS / "unified"} if number == "0" else {CGROUPS / controllers, CGROUPS / controller}
        )
        if number == "0" or controller in controllers.split(","):
            # In a container, the path may be that outside of it, and the root its own group.
            yield from (
                root / group.relative_to("/") for group in (Path(path), *Path(path).parents) for root in roots
            )


def numbers_in(folder: Path, *files: str) -> list[int]:
    """The numbers in files of a control group. Files that are missing, and the word max, have none."""
    words = [
        word for file in files if (folder / file).is_file() for word in (folder / file).read_text().split()
    ]
    return [int(word) for word in words if word.isdecimal()]


def memory_here() -> int:
    """MB that this process and all others of its control group, or of the machine, may use together."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limits = (
        limit
        for group in control_groups("memory")
        for limit in numbers_in(group, "memory.max", "memory.limit_in_bytes")
    )
    return min([machine, *limits]) // MB


def memory_of_one() -> int:
    """MB that one process may use here: a limit by `ulimit -v` is one of each process."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return memory_here() if limit == resource.RLIM_INFINITY else min(memory_here(), limit // MB)


def cores_allowed() -> int:
    """Cores that this process may use: at least one."""
    cores = len(os.sched_getaffinity(0))
    for group in control_groups("cpu"):
        for files in (("cpu.max",), ("cpu.cfs_quota_us", "cpu.cfs_period_us")):
            quota = numbers_in(group, *files)  # microseconds in each period; alone, the period of no quota
            if len(quota) == 2:
                cores = min(cores, math.ceil(quota[0] / quota[1]))
    return max(1, cores)


def has_bfloat16() -> bool:
    """Whether this processor multiplies in bfloat16: as Linux names its abilities, on Arm by bf16."""
    try:
        words = set(Path("/proc/cpuinfo").read_text().split())
    except OSError:
        return True  # unknown
    return bool(words & {"avx512_bf16", "amx_bf16", "bf16"})


def say_precision(networks: Collection[str]) -> None:
    """Warn, to standard error, of networks in bfloat16 on a processor that does not multiply in it.

    networks: their names.
    """
    if networks and not has_bfloat16():
        print(
            "WARNING: mixed_bfloat16 is slower than float32 on this processor, which has neither AVX512_BF16 "
            f"nor AMX: an epoch of cnn took {SLOWER} times as long. Leave out training.precision of "
            f"{', '.join(networks)}.",
            file=sys.stderr,
        )


def say_cores(cores: int | None) -> None:
    """Warn if --cores is more than this process may use, to standard error. cores: None on a cluster."""
    allowed = cores_allowed()
    if cores is not None and cores > allowed:
        print(
            f"WARNING: --cores is {cores}, but this process may use {allowed}. Give --cores {allowed}.",
            file=sys.stderr,
        )


if __name__ == "__main__":
    print(cores_allowed())
