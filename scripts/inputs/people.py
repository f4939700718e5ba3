"""People who read noisy images themselves, as the quiz of the lab saves it: people/<name>.csv."""

import csv
import math
import re
from pathlib import Path
from typing import NamedTuple

FOLDER = "people"
COLUMNS = ["scale", "right", "n"]
# Letters of any language, digits, _ and -; spaces and brackets, as a browser names a second download.
MAX_NAME = 40  # characters
NAME = re.compile(rf"\w[\w ()-]{{0,{MAX_NAME - 1}}}")
MOST_ROWS = 1_000
MOST_IMAGES = 10**9


class Score(NamedTuple):
    """right of n images with noise of this scale were recognised."""

    scale: float
    right: int
    n: int


def read_scores(path: str | Path) -> list[Score]:
    """The scores of a person, sorted by scale. Raises ValueError with what is wrong, in words."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")  # as spreadsheets save it too
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not a text in UTF-8") from None
    try:
        rows = [row for row in csv.reader(text.splitlines()) if row]
    except csv.Error as error:
        raise ValueError(f"{path} is not a CSV file: {error}") from None
    if not rows or [cell.strip() for cell in rows[0]] != COLUMNS:
        raise ValueError(f"{path} does not begin with the line {','.join(COLUMNS)}")
    if not 1 <= len(rows) - 1 <= MOST_ROWS:
        raise ValueError(f"{path} has {len(rows) - 1} rows; allowed: 1 to {MOST_ROWS}")
    scores = []
    for number, row in enumerate(rows[1:], 1):
        try:
            scale, right, n = float(row[0]), int(row[1]), int(row[2])
            numbers = 0 <= right <= n and 1 <= n <= MOST_IMAGES
            valid = len(row) == 3 and math.isfinite(scale) and scale >= 0 and numbers
        except (ValueError, IndexError):
            valid = False
        if not valid:
            raise ValueError(
                f"row {number} of {path} is {','.join(row)[:60]!r}; allowed: a scale from 0, the number "
                f"of right answers, and the number of images, not smaller than that, from 1 to {MOST_IMAGES}"
            )
        scores.append(Score(scale + 0.0, right, n))
    if len({score.scale for score in scores}) < len(scores):
        raise ValueError(f"{path} has a scale twice")
    return sorted(scores)


def find_people(folder: str | Path = FOLDER) -> dict[str, str]:
    """The path of every person's CSV file, by name. Raises ValueError for a file that is none of a person."""
    people = {}
    for path in sorted(Path(folder).glob("[!.]*")):  # hidden files are not of people, but of systems
        if path.suffix.lower() != ".csv":
            continue
        if not NAME.fullmatch(path.stem):
            raise ValueError(
                f"{path} is not named after a person; allowed: at most {MAX_NAME} letters, digits, spaces, "
                "_, - and ( )"
            )
        if path.stem in people:
            raise ValueError(f"{people[path.stem]} and {path} have one name. Rename one of them")
        read_scores(path)
        people[path.stem] = str(path)
    return people
