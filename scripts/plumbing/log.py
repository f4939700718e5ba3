"""The line of an epoch in the log of a training: as it is written, and as it is read meanwhile."""

import logging
import re
from statistics import fmean
from typing import Any, NamedTuple

LINE = (
    "epoch {epoch}/{epochs}  loss {loss:.4f}  accuracy {accuracy:.4f}  "
    "val_loss {val_loss:.4f}  val_accuracy {val_accuracy:.4f}  {seconds:.2f} s"
)
HELD_OUT = "held_out_loss {held_out_loss:.4f}  "  # before val_loss, with early stopping
READ = re.compile(r"epoch (\d+)/\d+  .*  val_accuracy ([\d.]+)  ([\d.]+) s$", re.MULTILINE)
END_OF_LOG = 4096  # bytes


class Epoch(NamedTuple):
    """An epoch that a training has logged."""

    number: int
    val_accuracy: float
    seconds: float


def log_epoch(rows: list[dict[str, Any]], epochs: int) -> None:
    """Log an epoch. rows: those of the history, one per test set; the line has the means of their val_loss
    and val_accuracy, and the sum of their seconds. epochs: how many the training has.
    """
    together = {name: fmean(row[name] for row in rows) for name in ("val_loss", "val_accuracy")}
    together["seconds"] = sum(row["seconds"] for row in rows)
    line = LINE.replace("val_loss", f"{HELD_OUT}val_loss", 1) if "held_out_loss" in rows[0] else LINE
    logging.info(line.format(epochs=epochs, **rows[0] | together))


def read_epochs(log: str) -> list[Epoch]:
    """The last epochs that a training has logged."""
    try:
        with open(log, "rb") as file:
            file.seek(max(0, file.seek(0, 2) - END_OF_LOG))
            text = file.read().decode(errors="replace")
    except OSError:
        return []
    return [Epoch(int(number), float(share), float(seconds)) for number, share, seconds in READ.findall(text)]
