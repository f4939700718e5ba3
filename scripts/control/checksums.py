"""Checksums of people's own files, which may be large: computed once, until a file changes."""

import hashlib
import json
import os
from collections.abc import Iterable

from control.remember import remembered


def checksum_of(files: Iterable[str]) -> str:
    """SHA-256 of the names and bytes of files, in their order.

    A file counts as unchanged while its size, its inode and its times are: that of the last change (ctime)
    is the kernel's, and no copy with an older date has it.
    """
    files = list(files)
    states = [
        [path, state.st_size, state.st_ino, state.st_mtime_ns, state.st_ctime_ns]
        for path, state in zip(files, map(os.stat, files), strict=True)
    ]

    def compute() -> str:
        folder = os.path.commonpath([os.path.dirname(path) for path in files])
        named = []
        for path in files:
            with open(path, "rb") as file:
                checksum = hashlib.file_digest(file, "sha256").hexdigest()
            named.append([os.path.relpath(path, folder or "."), checksum])
        return hashlib.sha256(json.dumps(named).encode()).hexdigest()

    return remembered("checksums", [os.getcwd(), states], compute)
