"""Tables of labels and pixels, one image per row, as Kaggle has them: .csv, also in a .gz or .zip file.

A table is read twice, in chunks: once for its labels and the kind of its numbers, and once for the pixels. So
it never takes much more memory than the images.
"""

import csv
import io
import itertools
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from inputs.arrays import Array, Source, one_line, open_gzip, some_of
from inputs.names import WORDS, assign_files

LABELS = (*WORDS["y"], "class", "emotion", "digit")  # names of the column of labels
INDICES = ("", "unnamed: 0", "index", "id")  # names of a column that counts the rows
# A first line with such a cell is no header for that alone: the label of a letter, or an empty cell.
WEAK = {"y", ""}
# A column of labels has as many rows of each class as this share of their mean. Columns of pixels have a few
# values in most rows and others in few.
MIN_OF_CLASS = 0.1
MIN_ROWS = 5  # for each class, as a mean, before a column is taken for labels
# Labels are told from pixels where the largest one is less or more than these shares of the brightest pixel.
LABELS_APART = 0.75, 1.5
CHUNK = 300_000  # cells to read at a time
MAX_LINE = 4_000_000  # bytes of the first line
MAX_CELL = 1000  # bytes of a cell in another line, as a mean
SUFFIXES = (".csv", ".tsv", ".txt")


class Columns(NamedTuple):
    """Which column has what. pixels: indices, in order. label_name: nothing where the column of labels has
    no name that says it. width: of the first line, in cells. names: of the pixels; empty without any.
    """

    header: bool
    separator: str
    width: int
    label: int
    pixels: list[int]
    label_name: str
    names: list[str]


def zip_members(path: Path) -> list[str]:
    """Names of the tables in a .zip file."""
    with zipfile.ZipFile(path) as archive:
        return [name for name in archive.namelist() if Path(name).suffix.lower() in SUFFIXES[:2]]


def open_csv(files: dict[str, Path]) -> Source:
    """The arrays of one table, or of one for each split. files: by split, or by '' where there is one."""
    tables: dict[str, tuple[str, Callable[[], IO[bytes]]]] = {}
    for split, path in files.items():
        if zipfile.is_zipfile(path):
            members = assign_files(zip_members(path))
            if not members:
                raise ValueError(
                    f"{path.name} contains {some_of(zip_members(path))}; needed: one .csv, or train and test"
                )
            for of_split, name in members.items():

                def open_member(path: Path = path, name: str = name) -> IO[bytes]:
                    return zipfile.ZipFile(path).open(name)

                tables[split or of_split] = name, open_member
        else:
            opener = open_gzip if path.suffix == ".gz" else open_plain
            tables[split] = path.name, lambda path=path, opener=opener: opener(path)
    arrays, labels, named = {}, {}, {}
    for split, (name, open_file) in tables.items():
        x, y, columns = open_table(name, open_file)
        column = columns.label_name
        if columns.names:
            named[name] = columns.names
        end = f"_{split}" if split else ""
        arrays |= {f"x{end}": x, f"y{end}": y}
        labels[f"column {column}" if column else "the first column"] = None
    if len({*map(tuple, named.values())}) > 1:
        differ = next((one, other) for one, other in zip(*named.values(), strict=False) if one != other)
        raise ValueError(
            f"{' and '.join(named)} name the columns of their pixels differently, such as {differ[0]} and "
            f"{differ[1]}. Give both the same columns in the same order"
        )
    return Source(f"images (CSV, labels in {' or '.join(labels)})", arrays)


def open_plain(path: Path) -> IO[bytes]:
    return path.open("rb")


def open_table(name: str, open_file: Callable[[], IO[bytes]]) -> tuple[Array, Array, Columns]:
    """The pixels (n, pixels), uint8 if they are whole numbers from 0 to 255 and else float32, and the labels
    (n,) of a table; and which columns these are.
    """
    with open_file() as file:
        columns = find_columns(name, file)
    labels, last, brightest, rows, whole = [], [], -np.inf, 0, True
    for chunk in read_chunks(name, open_file, columns):
        pixels = pixels_of(name, chunk, columns, rows)
        whole = whole and bool(((pixels == np.rint(pixels)) & (pixels >= 0) & (pixels <= 255)).all())
        labels.append(chunk[columns.label].to_numpy(str))
        last.append(pixels[:, -1].copy())
        brightest = max(brightest, pixels[:, :-1].max())
        rows += len(chunk)
    dtype = np.dtype(np.uint8 if whole else np.float32)

    def load() -> np.ndarray:
        x, start = np.empty((rows, len(columns.pixels)), dtype), 0
        for chunk in read_chunks(name, open_file, columns):
            x[start : start + len(chunk)] = pixels_of(name, chunk, columns, start)
            start += len(chunk)
        return x

    x = Array(dtype, (rows, len(columns.pixels)), load)
    y = as_numbers(np.concatenate(labels))
    if missing := np.sum(y == "NA") if y.dtype.kind == "U" else 0:
        raise ValueError(
            f"{name} has the label NA, which R writes for a missing one, {missing} times. Remove these rows. "
            "If it really is a class, give it another name"
        )
    if not columns.label_name:
        check_first_column(name, y, np.concatenate(last), brightest)
    return x, Array(y.dtype, y.shape, lambda: y), columns


def check_first_column(name: str, first: np.ndarray, last: np.ndarray, brightest: float) -> None:
    """Raise ValueError if the labels of a table that does not name their column seem to be in its last
    column, not in its first. brightest: the largest value of all columns between.
    """
    if first.dtype.kind == "U" or not are_labels(last, MIN_ROWS):
        return
    low, high = (share * brightest for share in LABELS_APART)
    values = np.unique(last)
    consecutive = values[0] in (0, 1) and np.array_equal(values, values[0] + np.arange(len(values)))
    if not consecutive or low < values[-1] < high:
        return
    if not are_labels(first) or low < first.max() < high:
        raise ValueError(
            f"{name} names no column of labels, and its last one, from {values[0]:g} to {values[-1]:g}, "
            "looks more like labels than its first. Name the columns in the first line: label for that of "
            "the labels, and p1, p2, ... for the others"
        )


def are_labels(column: np.ndarray, min_rows: int = 1) -> bool:
    """Whether these numbers (n,) can be labels: a few whole numbers, none of which is rare."""
    values, counts = np.unique(column, return_counts=True)
    mean = len(column) / len(values)
    whole = np.array_equal(values, np.rint(values))
    return len(values) > 1 and whole and mean >= min_rows and counts.min() >= MIN_OF_CLASS * mean


def find_columns(name: str, file: IO[bytes]) -> Columns:
    """Which column of a table has the labels and which the pixels, by its first line."""
    line = file.readline(MAX_LINE)
    if not line.strip():
        raise ValueError(f"{name} is empty")
    if b"\0" in line:
        raise ValueError(f"{name} is not a table of text")
    try:
        text = line.decode("utf-8-sig").strip("\r\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"{name} is not text in UTF-8") from error
    separator = max(",;\t", key=text.count)
    first = next(csv.reader(io.StringIO(text), delimiter=separator), [])
    first = [cell.strip() for cell in first]
    numbers = [number_in(cell) for cell in first]
    lower = [cell.lower() for cell in first]
    counted = any(
        cells and cells == [*range(start, start + len(cells))]
        for cells in (numbers[1:], [number for number in numbers if number is not None])
        for start in (0, 1)
    )
    header = (
        bool({*LABELS, *INDICES} - WEAK & {*lower})
        or sum(number is None for number in numbers) > len(first) / 2
        or is_mangled(first)
        or counted
    )
    names = lower if header else [""] * len(first)
    named = [index for index, column in enumerate(names) if column in LABELS]
    if len(named) > 1:
        raise ValueError(
            f"{name} has {len(named)} columns of labels: {some_of(first[index] for index in named)}"
        )
    indices = [index for index, column in enumerate(names) if header and column in INDICES]
    rest = [index for index in range(len(first)) if index not in indices]
    if (
        header
        and not named
        and is_pixel_name(names[rest[0]] if rest else "")
        and not (is_mangled(first) or counted)
    ):
        raise ValueError(
            f"{name} has no labels: none of its {len(first)} columns is called label ({some_of(first, 3)}). "
            "If another table has labels, give that one, with images.test: 0.2"
        )
    # The only name among numbers is that of the labels.
    words = [index for index in rest if numbers[index] is None] if counted else []
    label = (named or (words if len(words) == 1 else rest) or [0])[0]
    pixels = [index for index in rest if index != label]
    names_say = header and not is_mangled(first)
    pixels = in_order(pixels, first) if names_say else pixels
    if len(pixels) < 16:
        raise ValueError(
            f"{name} has the columns {some_of(first)}; needed: a label and the pixels of an image in each row"
        )
    label_name = first[label] if named or label in words else ""
    names = [first[index] for index in pixels] if names_say else []
    return Columns(header, separator, len(first), label, pixels, label_name, names)


def in_order(pixels: list[int], names: list[str]) -> list[int]:
    """Columns of pixels in the order of the numbers in their names, which programs sort as text.

    >>> in_order([0, 1, 2], ["p0", "p10", "p9"]), in_order([0, 1, 2], ["a", "c", "b"])
    ([0, 2, 1], [0, 1, 2])
    """
    found = {index: tuple(map(int, re.findall(r"[0-9]+", names[index]))) for index in pixels}
    alike = len({re.sub(r"[0-9]+", "0", names[index]) for index in pixels}) == 1
    if not alike or len({*found.values()}) < len(pixels):
        return pixels
    by_column = sorted(pixels, key=lambda index: found[index][::-1])  # 1x1, 2x1, ...: a choice of the writer
    return pixels if by_column == pixels else sorted(pixels, key=found.__getitem__)


def is_mangled(names: list[str]) -> bool:
    """Whether pandas made these names unique, because they were equal numbers.

    >>> is_mangled(["0", "0.1", "0.2", "3"]), is_mangled(["0", "0.5", "3"]), is_mangled(["0", "1", "3"])
    (True, False, False)
    """
    seen: Counter[str] = Counter()
    for name in names:
        base, _, number = name.partition(".")
        if not base.isdigit() or number != (str(seen[base]) if seen[base] else ""):
            return False
        seen[base] += 1
    return len(seen) < len(names)


def is_pixel_name(name: str) -> bool:
    """Whether this is the name of a pixel: pixel0, 0, 1x1, p_3.

    >>> is_pixel_name("pixel0"), is_pixel_name("1x1"), is_pixel_name("kind")
    (True, True, False)
    """
    return any(letter.isdigit() for letter in name)


def number_in(cell: str) -> float | None:
    """The number in a cell. None where it is text."""
    try:
        return float(cell)
    except ValueError:
        return None


def read_chunks(name: str, open_file: Callable[[], IO[bytes]], columns: Columns) -> Iterator[Any]:
    """The rows of a table, as data frames of columns 0, 1, 2, ..."""
    import pandas as pd  # half a second that other formats need not wait for

    count = len(columns.pixels) + 1
    with open_file() as file:
        lines = lines_of(name, file, MAX_CELL * count + MAX_CELL)
        for _ in range(columns.header):
            next(lines)
        while chunk := b"".join(itertools.islice(lines, max(1, CHUNK // count))):
            try:
                table = pd.read_csv(
                    io.BytesIO(chunk),
                    sep=columns.separator,
                    header=None,
                    dtype={columns.label: str},
                    keep_default_na=False,
                    encoding="utf-8-sig",
                )
            except (ValueError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
                raise ValueError(f"{name} cannot be read as a table: {one_line(error)}") from error
            if table.shape[1] <= max(columns.label, *columns.pixels):
                raise ValueError(f"{name} has rows of {table.shape[1]} cells, fewer than its first row has")
            more = table.iloc[:, columns.width :]
            if not (more.isna() | (more == "")).all(axis=None):
                raise ValueError(
                    f"{name} has rows of {table.shape[1]} cells, more than its first row has. If these are "
                    "names of the rows, as R writes them, leave them out (row.names = FALSE)"
                )
            yield table


def lines_of(name: str, file: IO[bytes], max_length: int) -> Iterator[bytes]:
    """The lines of a table that are not empty. Raises ValueError for one that no row of cells can be."""
    while line := file.readline(max_length + 1):
        if len(line) > max_length:
            raise ValueError(f"{name} has a line of more than {max_length} bytes")
        if line.strip():
            yield line


def pixels_of(name: str, chunk, columns: Columns, start: int) -> np.ndarray:
    """The pixels of some rows: (rows, pixels). start: how many rows come before these."""
    pixels = chunk[columns.pixels]
    try:
        return pixels.to_numpy(np.float32)
    except (ValueError, TypeError) as error:
        for row, cells in enumerate(pixels.itertuples(index=False), start + 1 + columns.header):
            bad = [cell for cell in cells if number_in(str(cell)) is None]
            if bad:
                what = repr(bad[0]) if bad[0] else "an empty cell"
                raise ValueError(f"{name} has {what} among the pixels in row {row}") from error
        raise


def as_numbers(labels: np.ndarray) -> np.ndarray:
    """Labels that are all numbers as such; others as the text that they are."""
    numbers = all(
        re.fullmatch(r"[+-]?[\d.]+", label) and number_in(label) is not None for label in np.unique(labels)
    )
    return labels.astype(np.float64) if numbers else labels
