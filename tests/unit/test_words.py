"""The words of the lab's page."""

from analysis.classifiers import CENTROID, STYLES
from lab.words import about_guess, about_networks, about_players, about_stored, left_out, quiz_title, title_of

DATA = {
    "agreement": 0.9995,
    "agreement_n": 2000,
    "images": {"test": {"labels": [0] * 5, "of": 10}},
    "centroids": None,
    "networks": [{}],
    "originals": None,
    "page_scales": [0.0, 2.0],
    "scales": [0.0, 0.5, 2.0],
    "seed": 3,
    "seeds": 2,
}


def test_title_names_images_networks_and_noise():
    data = {"images": {"name": "fashion_mnist"}, "names": ["cnn"], "noise": {"kind": "salt_and_pepper"}}
    assert title_of(data) == "Fashion-MNIST · cnn · salt-and-pepper noise"
    assert title_of(data | {"names": ["mlp", "cnn"]}) == "Fashion-MNIST · mlp, cnn · salt-and-pepper noise"
    assert title_of(data | {"images": {"name": "my cells"}}).startswith("my cells · cnn")


def test_networks_that_do_not_run_are_named_where_others_do():
    stored = {"names": ["cnn", "own"], "labels": [0] * 200}
    data = {"names": ["mlp", "cnn", "own"], "draws": ["fixed"], "networks": [{}], "stored": stored}
    assert about_stored(data).startswith("This page cannot run cnn and own: too large, or")
    assert "The stored answers of cnn and own are in the next part." in about_networks(data)
    assert about_players(data).startswith("cnn and own cannot play.")
    assert about_guess(data) == "The curve is that of mlp with fixed noise."
    assert quiz_title(data) == "You against the networks"
    assert about_stored(data | {"networks": []}).startswith("These networks do not run on this page")
    alone = data | {"names": ["mlp"], "stored": None}
    assert (about_players(alone), about_guess(alone)) == ("", "")
    assert "stored" not in about_networks(alone)
    assert quiz_title(alone) == "You against the network"


def test_what_is_left_out_is_said():
    said = " ".join(left_out(DATA))
    assert "runs 1 network with" in said and "For at least 99.95 % of 2000 noisy" in said
    assert "2 of the 3 scales: 0, 2." in said
    assert "seed 3, one of 2" in said
    assert "5 of the 10 test images" in said
    assert (
        f"{STYLES[CENTROID].label} is left out" in said and "lower bound of the ceiling is left out" in said
    )
    alone = {"seeds": 1, "scales": [0.0, 2.0], "centroids": [], "originals": {}, "agreement": 1.0}
    said = " ".join(left_out(DATA | alone))
    assert "For 2000 noisy test images, each network gives the same answer as in Keras." in said
    assert "seed" not in said and "left out" not in said
