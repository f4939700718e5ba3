"""With a storage, every job has copies with other paths, but cards have the same names."""

import json
import logging
import shutil
from types import SimpleNamespace

import pytest
from snakemake.iocontainers import Namedlist
from snakemake_interface_logger_plugins.common import LogEvent

from control.stale import find_stale
from control.stored_logs import StoredLogs
from plumbing.cards import check_files, read_card, sha256_of, write_card
from plumbing.storage import COPIES, ORIGINALS, name_of, original_of, use_storage

CARD, ARRAY, TABLE = "results/images/card.json", "results/images/x_train.npy", "results/images/classes.csv"


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """The storage, and copies on two machines. A job on the first one has made all files."""
    for name in (COPIES, ORIGINALS):
        monkeypatch.setenv(name, "")  # to be as it was at the end
    shared, first, second = (tmp_path / name for name in ("shared", "first/fs/shared", "second/fs/shared"))
    use_storage(str(first), str(shared))
    (first / "results/images").mkdir(parents=True)
    for name in (ARRAY, TABLE):
        (first / name).write_text(name)
    write_card({"settings": {}, "inputs": {}}, first / CARD, [first / ARRAY, first / TABLE])
    shutil.copytree(first, shared)
    shutil.copytree(first, second)
    return shared, first, second


def test_card_has_names_that_every_machine_understands(folders):
    shared, first, second = folders
    sums = {name: sha256_of(first / name) for name in (ARRAY, TABLE)}
    assert read_card(first / CARD)["sha256"] == sums
    use_storage(str(second), str(shared))
    assert check_files([str(second / ARRAY)], [str(second / CARD)]) == {ARRAY: sums[ARRAY]}
    assert original_of(second / ARRAY) == original_of(name_of(second / ARRAY)) == str(shared / ARRAY)


def test_without_a_storage_the_same_results_are_read(folders, monkeypatch):
    shared, first, _ = folders
    use_storage("", "")
    monkeypatch.chdir(shared)
    assert check_files([ARRAY], [CARD]) == {ARRAY: sha256_of(first / ARRAY)}


@pytest.mark.parametrize("name", [ARRAY, CARD])
def test_nobody_is_told_to_remove_a_result_because_its_copy_is_damaged(folders, name):
    shared, _, second = folders
    use_storage(str(second), str(shared))
    (second / name).write_text("damaged")
    with pytest.raises(SystemExit) as stopped:
        check_files([str(second / ARRAY)], [str(second / CARD)])
    message = str(stopped.value)
    assert message.startswith(f"ERROR: {name} is damaged: ") and "rm " not in message
    assert message.endswith(
        ". Run the same command again. If this line comes again, delete the file in the storage, "
        "then run the same command again."
    )


class Job:
    """What a plan knows of a job of Snakemake, as far as it is asked here."""

    rule = SimpleNamespace(name="fetch_images")
    params = SimpleNamespace(settings={})
    input = ()

    def __init__(self, output):
        self.output = output


def stale(folder):
    """What a plan says of the job that made the files, if its paths are in this folder."""
    names = {"array": ARRAY, "table": TABLE, "card": CARD}
    output = Namedlist(fromdict={key: str(folder / name) for key, name in names.items()})
    return list(find_stale([Job(output)], [Job.rule]).values())


def test_plan_reads_cards_in_the_storage(folders):
    shared, _, second = folders
    use_storage(str(second), str(shared))
    shutil.rmtree(second)  # copies are there only while a job runs
    assert stale(second) == []
    (shared / CARD).unlink()
    assert stale(second) == [None]


def test_results_whose_card_has_paths_of_copies_are_made_again(folders):
    """As version 0.1.0 before storages wrote them. No job is told that they are damaged."""
    shared, first, _ = folders
    card = json.loads((shared / CARD).read_text())
    card["sha256"] = {str(first / name): checksum for name, checksum in card["sha256"].items()}
    (shared / CARD).write_text(json.dumps(card))
    assert stale(first) == ["a card that names other paths"]


@pytest.mark.parametrize(
    ("all_here", "local", "is_copy"), [(True, False, True), (False, False, False), (False, True, True)]
)
def test_log_is_read_where_the_job_has_left_it(folders, all_here, local, is_copy):
    shared, first, _ = folders
    logs = StoredLogs(lambda: all_here)
    for event in (LogEvent.JOB_INFO, LogEvent.JOB_ERROR):
        said = [f"{shared}/logs/add_noise/a.log (send to storage)", "/var/slurm/7.log"]
        record = logging.makeLogRecord({"event": event, "jobid": 3, "local": local, "log": said})
        logs.emit(record)
        folder = first if is_copy else shared
        assert record.log == [f"{folder}/logs/add_noise/a.log", "/var/slurm/7.log"]
