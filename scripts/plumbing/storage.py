"""Where files are when jobs work on copies, as with a storage of Snakemake.

There, Snakemake gives a job the paths of copies on the machine where it runs. On another machine, the same
files have other paths. So cards and messages use names: the paths that the files have without a storage.
"""

import os

COPIES, ORIGINALS = "NOISE_SWEEP_COPIES", "NOISE_SWEEP_ORIGINALS"  # variables that jobs inherit


def use_storage(copies: str, originals: str) -> None:
    """Tell this process, and all jobs that it starts, in which folders copies and originals are.

    Both are empty without a storage. Without a prefix, the originals are in the working folder, which is
    empty here.
    """
    os.environ.update({COPIES: copies, ORIGINALS: originals})


def has_storage() -> bool:
    return bool(os.environ.get(COPIES))


def name_of(path: str | os.PathLike) -> str:
    """The name of a file, which is the same on every machine. path: of its copy.

    >>> use_storage("/scratch/fs/shared", "/shared")
    >>> name_of("/scratch/fs/shared/results/card.json"), name_of("sample.npz")
    ('results/card.json', 'sample.npz')
    >>> use_storage("", "")
    >>> name_of("results/card.json")
    'results/card.json'
    """
    copies = os.environ.get(COPIES)
    return os.fspath(path).removeprefix(f"{copies}/" if copies else "")


def original_of(path: str | os.PathLike) -> str:
    """Where a file is that a job has, or that has this name. path: of its copy, or its name.

    >>> use_storage("/scratch/fs/shared", "/shared")
    >>> original_of("/scratch/fs/shared/results/card.json"), original_of("results/card.json")
    ('/shared/results/card.json', '/shared/results/card.json')
    >>> use_storage("", "")
    """
    return os.path.join(os.environ.get(ORIGINALS, ""), name_of(path))


def copy_of(path: str) -> str:
    """Where a job on this machine has its copy. path: of the original.

    >>> use_storage("/scratch/fs/shared", "/shared")
    >>> copy_of("/shared/results/card.json")
    '/scratch/fs/shared/results/card.json'
    >>> use_storage("", "")
    """
    originals = os.environ.get(ORIGINALS)
    return os.path.join(os.environ.get(COPIES, ""), path.removeprefix(f"{originals}/" if originals else ""))
