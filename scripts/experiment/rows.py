"""Images that stay in their file: rows are read when they are needed, some ahead of the training.

The files are read, not mapped. The system counts mapped pages as memory of the process, however often they
could be read again.
"""

import itertools
import math
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any, NamedTuple, TypeVar

import numpy as np

FLOAT = 4  # bytes of a pixel
BLOCK = 2**25  # bytes of images that are read at a time
MAX_WHOLE = 2**28  # bytes of images that a network of dense layers holds at once

Item = TypeVar("Item")
Made = TypeVar("Made")


class Rows:
    """An array in a file, float32 or uint8 (n, *shape). `rows[chosen]` reads some of it: a slice or indices.

    file: open for reading, and closed with the last use of this object. offset: of its first row, in bytes.
    Several threads may read at a time. selected: indices of the rows that count, if not all do.
    """

    def __init__(
        self,
        file: IO[bytes],
        shape: tuple[int, ...],
        dtype: Any,
        offset: int = 0,
        selected: np.ndarray | None = None,
    ) -> None:
        self.file, self.shape, self.dtype, self.offset = file, shape, np.dtype(dtype), offset
        self.selected, self.ndim = selected, len(shape)
        self.row_bytes = math.prod(shape[1:]) * self.dtype.itemsize

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, chosen: slice | np.ndarray) -> np.ndarray:
        start, stop, step = chosen.indices(len(self)) if isinstance(chosen, slice) else (0, 0, 0)
        indices = chosen if step == 0 else np.arange(start, stop, step)
        images = np.empty((len(indices), *self.shape[1:]), self.dtype)
        if step == 1 and self.selected is None:  # all at once
            self.read(images, start)
        else:
            self.gather(images, indices)
        return images

    def select(self, indices: np.ndarray) -> "Rows":
        """These rows of an array of which all count."""
        return Rows(self.file, (len(indices), *self.shape[1:]), self.dtype, self.offset, indices)

    def gather(self, images: np.ndarray, chosen: np.ndarray) -> None:
        """Read the rows with these indices into the first of `images`."""
        indices = (chosen if self.selected is None else self.selected[chosen]).tolist()
        for index in indices:  # a disk reads several at a time, if it knows them before
            start = self.offset + index * self.row_bytes
            os.posix_fadvise(self.file.fileno(), start, self.row_bytes, os.POSIX_FADV_WILLNEED)
        for image, index in zip(images, indices, strict=False):
            self.read(image, index)

    def pixels(self, start: int, stop: int) -> np.ndarray:
        """These pixels of all images, each taken as one row of pixels: (n, stop - start)."""
        pixels = np.empty((len(self), stop - start), self.dtype)
        for number, row in enumerate(pixels):
            self.read(row, number if self.selected is None else self.selected[number], start)
        return pixels

    def read(self, images: np.ndarray, index: int, pixel: int = 0) -> None:
        """Fill `images` from this row, or a pixel of it, on. Raises OSError where the file is too short."""
        view = memoryview(images).cast("B") if images.size else memoryview(b"")
        position = self.offset + index * self.row_bytes + pixel * self.dtype.itemsize
        while view:  # the system reads 2 GB at most at a time
            count = os.preadv(self.file.fileno(), [view], position)
            if count == 0:
                raise OSError(f"{self.file.name} is shorter than it says")
            view, position = view[count:], position + count


def open_rows(path: str) -> Rows:
    """The array of a .npy file in C order. Raises ValueError for another."""
    mapped = np.load(path, mmap_mode="r")
    if not mapped.flags.c_contiguous:
        raise ValueError(f"{path} has its columns first (Fortran order), and so no rows to read")
    return Rows(open(path, "rb"), mapped.shape, mapped.dtype, mapped.offset)


def save_rows(path: str, array: np.ndarray) -> None:
    """Write a .npy file that open_rows can read. np.save would keep Fortran order, as of MATLAB's arrays."""
    with open(path, "wb") as file:
        header = {"descr": array.dtype.str, "fortran_order": False, "shape": array.shape}
        np.lib.format.write_array_header_1_0(file, header)
        size = max(1, BLOCK // max(1, array[:1].nbytes))
        for start in range(0, len(array), size):
            file.write(np.ascontiguousarray(array[start : start + size]))


def open_images(path: str, dense: bool) -> Rows | np.ndarray:
    """Images for a network, from a .npy file. dense: whether it has dense layers alone.

    Such a network is fastest with all images in memory, so it gets an array unless they are large as float32.
    """
    mapped = np.load(path, mmap_mode="r")
    return mapped if dense and FLOAT * mapped.size <= MAX_WHOLE else open_rows(path)


def some_of(images: np.ndarray | Rows, chosen: np.ndarray) -> np.ndarray | Rows:
    """The images that are chosen, bool (n,). Rows stay in their file."""
    return images.select(np.flatnonzero(chosen)) if isinstance(images, Rows) else images[chosen]


def store_rows(chunks: Iterable[np.ndarray], shape: tuple[int, ...]) -> Rows:
    """Chunks of images, float32, in a file of the temporary folder. It has no name, and so it is gone when it
    is no longer used, even where the process is killed. Raises OSError, at once, where the disk has no room.
    """
    file = tempfile.TemporaryFile()
    stored = Rows(file, shape, np.float32)
    os.posix_fallocate(file.fileno(), 0, max(1, len(stored) * stored.row_bytes))
    for chunk in chunks:
        file.write(chunk)
    file.flush()
    return stored


def ahead(make: Callable[[Item], Made], items: Iterable[Item]) -> Iterator[Made]:
    """What is made of each item. While the caller uses it, a thread makes the next one."""
    with ThreadPoolExecutor(1, "ahead of the training") as thread:
        upcoming = None
        for item in itertools.chain(items, [None]):
            made = [upcoming.result()] if upcoming else []
            upcoming = None if item is None else thread.submit(make, item)
            if made:
                yield made.pop()  # keeps none alive that the caller has let go


class Block(NamedTuple):
    """Images for some steps of an epoch, float32 (size, *shape), with room for whole batches.

    rows: where each image is in `images`, in the order of the training. numbers: which image of the set it
    is. Both int32, with zeros at the end. count: how many are real. step: number of the first step.
    """

    images: Any
    rows: np.ndarray
    numbers: np.ndarray
    count: np.int32
    step: np.int32


def blocks_of(x: Any, order: np.ndarray, batch_size: int) -> Iterator[Block]:
    """The blocks of an epoch. x: Rows, which are read ahead, or an array or tensor, which is one block.

    order: in which the epoch visits the images, int32 (n,).
    """
    if not isinstance(x, Rows):
        numbers = np.pad(order, (0, -len(order) % batch_size))
        yield Block(x, numbers, numbers, np.int32(len(order)), np.int32(0))
        return
    steps = max(1, min(BLOCK // (x.row_bytes * batch_size), -(-len(order) // batch_size)))
    size = steps * batch_size
    rows = np.arange(size, dtype=np.int32)

    def read(start: int) -> Block:
        part = order[start : start + size]
        images = np.zeros((size, *x.shape[1:]), x.dtype)
        x.gather(images, part)
        numbers = np.pad(part, (0, size - len(part)))
        return Block(images, rows, numbers, np.int32(len(part)), np.int32(start // batch_size))

    yield from ahead(read, range(0, len(order), size))


def parts_of(x: np.ndarray | Rows, multiple: int = 1) -> Iterator[np.ndarray]:
    """All images in their order, some at a time, read ahead. multiple: of so many, but for the last part."""
    size = max(1, BLOCK // (math.prod(x.shape[1:]) * x.dtype.itemsize * multiple)) * multiple
    yield from ahead(lambda start: x[start : start + size], range(0, len(x), size))
