"""A bad configuration stops before any job, with one line that names the key, the value and the remedy."""

import re

import pytest

LONG = pytest.mark.long
BAD = [
    ({"noise": {"scale": [1]}}, ["noise.scale ", "did you mean scales?"]),
    ({"noise": {"scales": []}}, ["noise.scales", "[]", "one or more"]),
    ({"training": {"epochs": 0}}, ["training.epochs", "0", "from 1"]),
]


@pytest.fixture(scope="module")
def workflow(finished_sweep):
    """The finished sweep itself: nothing here gets as far as a job."""
    yield finished_sweep
    finished_sweep.configure()


@pytest.mark.parametrize(("sections", "words"), BAD)
def test_bad_value_stops_snakemake_with_this_line_alone(workflow, sections, words):
    workflow.configure(**sections)
    done = workflow.start()
    assert done.returncode != 0
    (line,) = [line for line in done.stderr.splitlines() if not line.startswith("Using workflow specific")]
    assert line.startswith("ERROR in the configuration: ")
    for word in words:
        assert word in line


def test_missing_sections_have_defaults(workflow):
    (workflow.folder / "config.yaml").write_text("seeds: [7]\n")
    assert workflow.planned()["train_model"] == 6  # five scales and the clean one
    (workflow.folder / "config.yaml").write_text("{}\n")
    assert workflow.planned()["train_model"] == 6


def test_number_is_one_however_it_is_written(workflow):
    """YAML 1.1, which PyYAML reads, takes 1e-3 for text."""
    (workflow.folder / "config.yaml").write_text("noise: {scales: [5e-1]}\ntraining: {learning_rate: 1e-3}\n")
    assert workflow.planned("results/histories/mlp/fixed/scale_0.5/seed_1.csv")["train_model"] == 1


def test_overrides_on_the_command_line_work(workflow):
    workflow.configure()
    assert workflow.planned("--config", "noise={scales: [0.5, 2.0, 3.0]}")["train_model"] == 1
    other = workflow.folder / "other.yaml"
    other.write_text("noise: {scales: [0.5, 3.0, 4.0]}\n")
    assert workflow.planned("--configfile", "other.yaml")["train_model"] == 2
    other.write_text("seeds: [1]\nnoise: {}\nseeds: [2]\n")
    done = workflow.start("--configfile", "other.yaml")
    assert done.returncode != 0
    assert re.search(r"ERROR in .*other\.yaml cannot be read: seeds appears twice in .* line 3", done.stderr)


def test_overrides_on_the_command_line_are_checked(workflow):
    workflow.configure()
    done = workflow.start("--config", "noise={scales: [-1]}")
    assert done.returncode != 0
    assert "noise.scales[0] is -1; allowed: a number from 0 to 1000" in done.stderr
    done = workflow.start("--config", "training={optimizer: {name: sgdd, learning_rate: 5e-2}}")
    assert done.returncode != 0
    line = "ERROR in the configuration: training.optimizer: Keras has no optimizer sgdd (did you mean sgd?)"
    assert line in done.stderr


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("results/noisy/scale_9.9/seed_1/x_train.npy", ["9.9", "noise.scales: 0.0, 0.5, 2.0"]),
        pytest.param("results/noisy/scale_2.0/seed_8/x_train.npy", ["seed 8 ", "seeds: 1"], marks=LONG),
        pytest.param(
            "results/models/mlp/fresh/scale_2.0/seed_1.keras",
            ["fresh", "scale 2.0, which has: fixed"],
            marks=LONG,
        ),
    ],
)
def test_unknown_run_on_the_command_line_is_refused(workflow, target, words):
    workflow.configure()
    done = workflow.start(target)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr
    assert not (workflow.folder / target).exists()


def test_a_ceiling_of_a_kind_without_likelihood_is_refused(workflow):
    workflow.configure(noise={"kind": "shot"})
    done = workflow.start("results/measured/ceilings/scale_2.0/seed_1.csv")
    assert done.returncode != 0
    assert done.stderr.splitlines()[-1].startswith("ERROR: the ceiling is not known for noise.kind shot")


def test_a_ceiling_of_no_images_is_refused(workflow):
    workflow.configure(ceiling={"images": 0})
    done = workflow.start("results/measured/ceilings/scale_2.0/seed_1.csv")
    assert done.returncode != 0
    assert done.stderr.splitlines()[-1].startswith("ERROR: ceiling.images is 0")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("ann", "scale,right,n\n0.5,9,8\n", "row 1 of people/ann.csv is '0.5,9,8'; allowed: "),
        pytest.param(
            "ann.lee", "scale,right,n\n0.5,7,8\n", "people/ann.lee.csv is not named after", marks=LONG
        ),
        pytest.param("ann", "", "people/ann.csv does not begin with the line scale,right,n.", marks=LONG),
    ],
)
def test_a_wrong_file_of_a_person_stops_the_command_before_its_first_job(
    finished_sweep, tmp_path, name, content, said
):
    workflow = finished_sweep.copy(tmp_path / "a copy")
    (workflow.folder / "people").mkdir()
    (workflow.folder / f"people/{name}.csv").write_text(content)
    before = workflow.files()
    done = workflow.start()
    assert done.returncode != 0
    assert done.stderr.splitlines()[-1].startswith("ERROR: ")
    assert said in done.stderr.splitlines()[-1]
    assert workflow.files() == before


def test_a_person_who_has_not_played_is_refused(workflow):
    done = workflow.start("results/measured/people/ann.csv")
    assert done.returncode != 0
    assert done.stderr.splitlines()[-1].startswith("ERROR: there is no file people/ann.csv")
