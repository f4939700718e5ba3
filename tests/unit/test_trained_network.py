"""The file of a pretrained network, before the first job: its files, its cost, or what is wrong."""

import re
from pathlib import Path

import pytest
from onnx import TensorProto

from control.networks import complete_trained
from control.trained_network import answer_for, cost_of, external_files, network_files
from experiment.trained import KEYS
from trained_models import CLASSES, save, weights

PLAIN = weights()
SHAPE = (8, 8)


def settings(path, **keys):
    return dict.fromkeys(KEYS) | {"trained": str(path)} | keys


def refusal(call, *arguments):
    with pytest.raises(SystemExit) as stopped:
        call(*arguments)
    line = str(stopped.value)
    assert "\n" not in line
    return line


def test_a_network_is_run_in_a_process_of_its_own_and_its_cost_is_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    network = settings(save(tmp_path / "a.onnx", PLAIN))
    cost = cost_of(network, SHAPE, CLASSES)
    assert 20 < cost.memory < 1000
    assert 0 < cost.seconds < 0.1
    monkeypatch.setattr("sys.executable", "/bin/false")  # by which asking again fails
    assert cost_of(network, SHAPE, CLASSES) == cost
    save(tmp_path / "a.onnx", tuple(2 * array for array in PLAIN))
    assert "ended its process" in refusal(cost_of, network, SHAPE, CLASSES)


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("a.pt", r"torch\.onnx\.export"),
        ("a.pth", r"torch\.onnx\.export"),
        ("a.h5", r'model\.save\("network\.keras"\)'),
        ("a.tflite", r'model\.save\("network\.keras"\)'),
        ("saved_model", r'model\.save\("network\.keras"\)'),
        ("a.pkl", "A pickle is not opened.*skl2onnx"),
        ("a.txt", r"torch\.onnx\.export"),
    ],
)
def test_other_formats_are_refused_with_the_way_to_one_that_is_read(tmp_path, name, way):
    path = tmp_path / name
    path.mkdir() if name == "saved_model" else path.touch()
    said = refusal(network_files, settings(path))
    assert said.startswith(f"ERROR in the network: {path}: it is no .keras or .onnx file. ")
    assert re.search(way, said)


def test_code_is_for_keras_files(tmp_path):
    path = save(tmp_path / "a.onnx", PLAIN)
    assert "Take code out" in refusal(network_files, settings(path, code="a.py"))
    assert "is no Python file" in refusal(network_files, settings(path, code="a.txt"))
    keras = settings(tmp_path / "a.keras", code="my_layers.py")
    assert network_files(keras) == [str(tmp_path / "a.keras"), "my_layers.py"]


def test_weights_in_another_file_belong_to_the_network(tmp_path):
    path = save(tmp_path / "a.onnx", PLAIN, external="a.onnx.data")
    assert external_files(path) == [f"{path}.data"]
    assert external_files(save(tmp_path / "b.onnx", PLAIN)) == []
    Path(f"{path}.data").unlink()
    said = refusal(network_files, settings(path))
    assert "it has weights in a.onnx.data, which is missing beside it" in said
    assert "external_data=False" in said


def test_what_cannot_be_run_is_told_in_one_line(tmp_path):
    def error(path, **keys):
        return answer_for(path, settings(path, **keys), list(SHAPE), CLASSES)["error"]

    path = save(tmp_path / "a.onnx", PLAIN)
    assert "error" not in answer_for(path, settings(path), list(SHAPE), CLASSES)
    assert error(path, layout="nchw") == f"{path}: layout is nchw, but it takes (8, 8); allowed: nhw, nwh"
    assert error(path, classes=["a", "b"]).startswith(f"{path}: classes lists a, b; the data set has 0, 1, 2")
    assert error(path, pixels={"mean": [0.1, 0.2], "std": 1.0}).startswith(f"{path}: pixels has 2 means")
    nine = tuple(array[..., :9] for array in PLAIN)
    wrong = save(tmp_path / "b.onnx", nine, outputs=[("logits", TensorProto.FLOAT, ("n", 9))])
    assert error(wrong) == f"{wrong}: it gives 9 numbers for an image; it must give 10, one a class"
    code = tmp_path / "my_layers.py"
    code.write_text("1 / 0\n")
    (tmp_path / "c.keras").write_bytes(b"PK\x05\x06" + bytes(18))  # an empty archive
    # In a process of its own, because TensorFlow is given its threads.
    broken = settings(tmp_path / "c.keras", code=str(code))
    assert f"{code}, line 1, `1 / 0`: ZeroDivision" in refusal(cost_of, broken, SHAPE, CLASSES)


def test_the_keys_of_a_network_that_came_trained():
    network = complete_trained("networks.a", {"trained": "a.onnx", "layout": "auto", "classes": [1, "b"]})
    assert network == settings("a.onnx", classes=["1", "b"])
    for key in ("kind", "path", "dropout", "training"):
        with pytest.raises(ValueError, match=rf"networks\.a\.{key} has no effect: the network is pretrained"):
            complete_trained("networks.a", {"trained": "a.onnx", key: {}})


@pytest.mark.parametrize("pixels", [[0, 255], [1.0, 0.0], {"mean": 0.1, "std": [0.2, 0.3, 0.4]}, "per_image"])
def test_pixels_have_one_of_these_forms(pixels):
    assert complete_trained("networks.a", {"trained": "a.onnx", "pixels": pixels})["pixels"] == pixels


@pytest.mark.parametrize("pixels", [[0], [1, 1], {"mean": 0}, {"mean": 0, "std": 0}, "none"])
def test_other_forms_of_pixels_are_refused(pixels):
    with pytest.raises(ValueError, match=r"networks\.a\.pixels is .*; allowed: the values of black"):
        complete_trained("networks.a", {"trained": "a.onnx", "pixels": pixels})
