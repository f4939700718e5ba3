"""What people recognised in the lab's quiz, which saves it as people/<name>.csv."""

import csv
import math
import re
from pathlib import Path
from typing import NamedTuple

FOLDER = "people"
COLUMNS = ["scale", "right", "n"]
# Letters of any language, digits, _ and -; spaces and brackets, because a browser adds " (1)" to a second
# download.
MAX_NAME = 40  # characters
NAME = re.compile(rf"\w[\w ()-]{{0,{MAX_NAME - 1}}}")
MAX_ROWS = 1_000
MAX_IMAGES = 10**9


class Score(NamedTuple):
    """Of n images with noise of this scale, `correct` were recognised."""

    scale: float
    correct: int
    n: int


def read_scores(path: str | Path) -> list[Score]:
    """The scores of a person, sorted by scale. Raises ValueError, with one line that says what is wrong."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")  # spreadsheets add a byte order mark
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text") from None
    try:
        rows = [row for row in csv.reader(text.splitlines()) if row]
    except csv.Error as error:
        raise ValueError(f"{path} is not a CSV file: {error}") from None
    if not rows or [cell.strip() for cell in rows[0]] != COLUMNS:
        raise ValueError(f"{path} does not begin with the line {','.join(COLUMNS)}")
    if not 1 <= len(rows) - 1 <= MAX_ROWS:
        raise ValueError(f"{path} has {len(rows) - 1} rows; allowed: 1 to {MAX_ROWS}")
    scores = []
    for number, row in enumerate(rows[1:], 1):
        try:
            scale, correct, n = float(row[0]), int(row[1]), int(row[2])
            counts = 0 <= correct <= n and 1 <= n <= MAX_IMAGES
            valid = len(row) == 3 and math.isfinite(scale) and scale >= 0 and counts
        except (ValueError, IndexError):
            valid = False
        if not valid:
            raise ValueError(
                f"row {number} of {path} is {','.join(row)[:60]!r}; allowed: a scale of 0 or more, the "
                f"number of correct answers, and the number of images, which is at least as large and from 1 "
                f"to {MAX_IMAGES}"
            )
        scores.append(Score(scale + 0.0, correct, n))
    if len({score.scale for score in scores}) < len(scores):
        raise ValueError(f"{path} has the same scale twice")
    return sorted(scores)


def find_people(folder: str | Path = FOLDER) -> dict[str, str]:
    """The path of every person's CSV file, by name. Raises ValueError for a CSV file that is not valid."""
    people = {}
    for path in sorted(Path(folder).glob("[!.]*")):  # operating systems leave hidden files
        if path.suffix.lower() != ".csv":
            continue
        if not NAME.fullmatch(path.stem):
            raise ValueError(
                f"{path} is not named after a person; allowed: at most {MAX_NAME} letters, digits, spaces, "
                "_, - and ( )"
            )
        if path.stem in people:
            raise ValueError(f"{people[path.stem]} and {path} have the same name. Rename one of them")
        read_scores(path)
        people[path.stem] = str(path)
    return people
