"""The command `teach`: one JSON object or one sentence, and nothing else."""

import json

import pytest

from lifelong.runs import store as run_store
from tests.helpers import config, learned_run
from tests.teaching.helpers import pictures


@pytest.fixture
def hearts(tmp_path):
    """Files with ten pictures of one pattern."""
    files = [tmp_path / f"heart-{number}.png" for number in range(10)]
    for file, picture in zip(files, pictures(10)):
        picture.save(file)
    return files


def test_teach_prints_one_json_object_and_the_copy_is_listed_and_classifies(cli, hearts):
    original = learned_run(config())
    status, out, err = cli("teach", original.name, "--name", "heart", *hearts, "--json")
    report = json.loads(out)
    assert status == 0 and out.count("\n") == 1 and "task 4/4" in err
    assert report["original"] == original.name and report["strategy"] == "replay"
    assert 0 <= report["accuracy"]["new"] <= 1 and len(report["accuracy"]["tasks_after"]) == 3
    rows = {row["id"]: row for row in json.loads(cli("runs", "--json")[1])}
    assert rows[report["run"]]["learned"] == rows[report["run"]]["tasks"] == 4
    top = json.loads(cli("classify", report["run"], hearts[0], "--json")[1])["answers"][-1]["top"]
    assert top[0]["label"] == "heart"


def test_teach_says_in_a_table_what_was_learned_and_what_was_not_measured(cli, hearts, tmp_path):
    original = learned_run(config())
    given = (original, "--name", "heart", "--strategy", "finetune", "--out", tmp_path / "mine")
    status, out, _err = cli("teach", *given, *hearts[:2])
    assert status == 0 and "not measured" in out and "give at least 5" in out
    assert run_store.history(tmp_path / "mine").finished


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--name", "7"), "knows a class named 7 already"),
        (("--name", "heart", "--strategy", "si"), "strategy to teach with"),
        (("--name", "heart", "--out", "."), "There is a folder"),
    ],
)
def test_bad_input_ends_with_status_2_and_one_sentence(cli, hearts, arguments, says):
    original = learned_run(config())
    before = run_store.ids()
    status, out, err = cli("teach", original.name, *arguments, *hearts)
    assert status == 2 and out == "" and says in err and err.count("\n") == 1
    assert run_store.ids() == before


def test_a_file_that_is_no_picture_or_is_blank_is_named(cli, hearts):
    original = learned_run(config())
    hearts[3].write_text("no picture")
    status, out, err = cli("teach", original.name, "--name", "heart", *hearts)
    assert status == 2 and err.startswith("Picture heart-3.png: ") and err.count("\n") == 1
    picture = pictures(1)[0]
    picture.paste(0, (0, 0, 6, 6))
    picture.save(hearts[3])
    status, out, err = cli("teach", original.name, "--name", "heart", *hearts)
    assert status == 2 and "heart-3.png: It is blank" in err and out == ""


def test_an_interrupted_lesson_keeps_nothing(cli, hearts, monkeypatch):
    import contextlib

    original = learned_run(config())
    before = run_store.ids()
    monkeypatch.setattr(
        "lifelong.cli.interrupt.interruptible", lambda: contextlib.nullcontext(lambda: True)
    )
    status, out, err = cli("teach", original.name, "--name", "heart", *hearts)
    assert status == 130 and out == "" and "interrupted" in err
    assert run_store.ids() == before
