"""The files of people who have played the quiz: read, and refused in one line."""

import pandas as pd
import pytest

from analysis.classifiers import is_person, person_label
from compare_scales import read_counts, with_shares
from inputs.people import find_people, read_scores
from plumbing.outputs import write_csv
from read_person import person_counts


@pytest.fixture
def people(tmp_path):
    (tmp_path / "people").mkdir()
    return tmp_path / "people"


@pytest.mark.parametrize(
    "content",
    [
        "scale,right,n\n0.5,7,8\n2.0,3,8\n",
        "scale,right,n\r\n2,3,8\r\n\r\n0.5,7,8\r\n",  # of another system, in another order
        "\ufeffscale, right, n\n5e-1,7,8\n2,3,8",  # of a spreadsheet
    ],
)
def test_scores_are_read_and_sorted(people, content):
    path = people / "me.csv"
    path.write_text(content, encoding="utf-8", newline="")
    assert read_scores(path) == [(0.5, 7, 8), (2.0, 3, 8)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "does not begin with the line scale,right,n"),
        ("scale,n,right\n0.5,8,7\n", "does not begin with the line scale,right,n"),
        ("scale,right,n\n", "has 0 rows; allowed: 1 to 1000"),
        ("scale,right,n\n" + "".join(f"{n},1,1\n" for n in range(1001)), "has 1001 rows; allowed: 1 to 1000"),
        ("scale,right,n\n0.5,9,8\n", "row 1 of"),
        ("scale,right,n\n0.5,7,8\n1,-1,8\n", "row 2 of"),
        ("scale,right,n\n0.5,0,0\n", "row 1 of"),
        ("scale,right,n\n-0.5,1,2\n", "row 1 of"),
        ("scale,right,n\nnan,1,2\n", "row 1 of"),
        ("scale,right,n\ninf,1,2\n", "row 1 of"),
        ("scale,right,n\n1,1.5,2\n", "row 1 of"),
        ("scale,right,n\n1,1\n", "row 1 of"),
        ("scale,right,n\n1,1,2,3\n", "row 1 of"),
        ("scale,right,n\nhigh,1,2\n", "row 1 of"),
        ("scale,right,n\n0.5,1,2\n0.50,2,2\n", "has the same scale twice"),
        (f"scale,right,n\n1,1,{'9' * 400}\n", "row 1 of"),
        (f'scale,right,n\n1,1,"{"9" * 200_000}', "is not a CSV file: field larger than field limit"),
        (b"scale,right,n\n\xff\xfe", "is not UTF-8 text"),
        (b"\x00" * 50, "does not begin with the line"),
    ],
)
def test_wrong_files_are_refused_in_words(people, content, said):
    path = people / "me.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=said) as error:
        find_people(people)
    assert "me.csv" in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["me", "Zoë", "a_b-2", "x" * 40, "王", "two words", "me (1)"])
def test_people_are_found_by_the_name_of_their_file(people, name):
    (people / f"{name}.csv").write_text("scale,right,n\n1,1,2\n")
    (people / "notes.txt").write_text("not of a person")
    assert find_people(people) == {name: str(people / f"{name}.csv")}


@pytest.mark.parametrize("name", ["x" * 41, "a.b", "{seed}", "-a", "<b>"])
def test_other_names_are_refused(people, name):
    (people / f"{name}.csv").write_text("scale,right,n\n1,1,2\n")
    with pytest.raises(ValueError, match="is not named after a person"):
        find_people(people)


def test_a_second_quiz_and_other_cases_are_taken_and_files_of_systems_passed_over(people):
    for name in ("me.csv", "me (1).csv", "Me.CSV", "._me.csv", ".~lock.me.csv#"):
        (people / name).write_text("scale,right,n\n1,1,2\n" if name[0] != "." else "\0")
    assert list(find_people(people)) == ["Me", "me (1)", "me"]
    (people / "me.CSV").write_text("scale,right,n\n1,1,2\n")
    with pytest.raises(ValueError, match=r"me\.CSV and .*me\.csv have the same name"):
        find_people(people)


def test_no_folder_no_people(tmp_path):
    assert find_people(tmp_path / "people") == {}


def test_counts_of_a_person_are_merged_as_those_of_a_classifier(people, monkeypatch):
    monkeypatch.chdir(people.parent)
    (people / "NA.csv").write_text("scale,right,n\n1,4,8\n")
    write_csv(person_counts("people/NA.csv", "gaussian"), "counts.csv")
    (row,) = with_shares(read_counts([], [], ["counts.csv"])).to_dict("records")
    assert (row["classifier"], row["kind"], row["scale"]) == ("people/NA.csv", "gaussian", 1.0)
    assert (row["correct"], row["n"], row["accuracy"]) == (4, 8, 0.5)
    # Newcombe 1998, Statistics in Medicine 17, p. 857: the method without continuity correction.
    assert (row["accuracy_low"], row["accuracy_high"]) == pytest.approx((0.2152, 0.7848), abs=1e-4)
    assert row["draw"] == ""
    empty = ("train_scale", "seed", "paired_correct", "paired_n", "log_loss", "bits")
    assert [pd.isna(row[name]) for name in empty] == [True] * len(empty)
    assert is_person(pd.Series([row["classifier"], "NA"])).tolist() == [True, False]
    assert person_label(row["classifier"]) == "NA"
