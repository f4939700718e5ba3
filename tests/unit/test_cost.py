"""What every stage has cost, from the benchmark files of its jobs."""

import os

from analysis.tables import TABLES, read_table
from control.cost import COLUMNS, write_cost

HEAD = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"


def measured(logs, name, seconds, memory, made):
    path = logs / f"{name}.benchmark.tsv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{HEAD}{seconds}\t0:00:01\t{memory}\t0\t0\t0\t0\t0\t0\t0\n")
    os.utime(path, (made, made))


def test_the_jobs_of_a_rule_are_one_row_and_the_oldest_rule_is_first(tmp_path):
    measured(tmp_path, "train_model/fixed/scale_0.5/seed_1", 10.04, 900.0, 20)
    measured(tmp_path, "train_model/fixed/scale_1.0/seed_1", 20.0, 1000.25, 30)
    measured(tmp_path, "add_noise/scale_0.5/seed_1", 0.2, "-", 10)
    (tmp_path / "train_model/fixed/scale_0.5/seed_1.log").touch()
    write_cost(tmp_path, str(tmp_path / "cost.csv"))
    table = read_table("cost", str(tmp_path / "cost.csv"))
    assert table.iloc[0, :4].tolist() == ["add_noise", 1, 0.2, 0.2]
    assert table["max_memory_mb"].isna().tolist() == [True, False]
    assert table.iloc[1].tolist() == ["train_model", 2, 15.0, 30.0, 1000.2]


def test_without_logs_the_table_is_empty(tmp_path):
    write_cost(tmp_path / "logs", str(tmp_path / "cost.csv"))
    assert (tmp_path / "cost.csv").read_text() == ",".join(COLUMNS) + "\n"
    assert list(COLUMNS) == list(TABLES["cost"].columns)
