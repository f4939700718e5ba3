"""Which processors can train in bfloat16, by what Linux says of them."""

import pytest

import train_model
from experiment.processor import find_lack
from experiment.runs import Run


@pytest.mark.parametrize("flags", ["avx512f avx512_bf16", "amx_bf16 amx_tile"])
def test_a_processor_with_one_of_the_instructions_will_do(tmp_path, flags):
    (tmp_path / "cpuinfo").write_text(f"model name\t: one\nflags\t\t: fpu {flags} sse\n")
    assert find_lack("bfloat16", tmp_path / "cpuinfo") is None


def test_another_processor_is_refused_in_one_line(tmp_path):
    (tmp_path / "cpuinfo").write_text("flags\t\t: fpu avx2 avx512f xavx512_bf16\n")
    for path in (tmp_path / "cpuinfo", tmp_path / "missing"):
        line = find_lack("bfloat16", path)
        assert line.startswith("training.precision is bfloat16, but this processor has neither")
        assert line.endswith("allowed here: float32")
        assert "\n" not in line
        assert find_lack("float32", path) is None


def test_a_job_on_such_a_processor_ends_with_that_line(monkeypatch):
    monkeypatch.setattr(train_model, "find_lack", lambda precision: f"{precision} is not here")
    with pytest.raises(SystemExit) as stopped:
        train_model.train_model(Run("fixed", 0.5, 1), {}, {"precision": "bfloat16"}, {}, {}, {}, 1)
    assert str(stopped.value) == "ERROR: bfloat16 is not here"
