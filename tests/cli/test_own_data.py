"""Laws of `datasets add`, `show` and `remove`, and of the tasks of a run of grouped classes."""

import json

import pytest

from lifelong import datasets
from lifelong.cli.commands import cli
from lifelong.cli.train import make_config
from lifelong.errors import LifelongError
from lifelong.inference import task_images
from lifelong.runs import store as run_store
from lifelong.service import own_data
from tests.sample_files import image_bytes, image_folder, plain

PETS = {
    f"{pet}/{k}.png": image_bytes(plain(value + k, (6, 5)))
    for pet, value in (("cat", 10), ("dog", 100), ("heart", 200))
    for k in range(3)
}


@pytest.fixture(autouse=True)
def given(monkeypatch, tmp_path):
    """A folder of images beside an empty LIFELONG_DATA."""
    monkeypatch.setenv("LIFELONG_DATA", str(tmp_path / "data"))
    datasets.forget()
    return image_folder(tmp_path / "pets", {**PETS, "notes.txt": b"x"})


def run(*arguments: object) -> int | None:
    return cli.main([*map(str, arguments)], standalone_mode=False)


def test_what_was_found_is_printed_and_the_data_set_is_there(given, capsys):
    run("datasets", "add", given, "--tasks", "cat,heart/dog")
    out = capsys.readouterr().out
    assert "3 classes, 9 images: 6 for training and 3 for testing" in out
    assert "cat          2 training        1 test" in out.replace("heart ", "cat ")
    assert "notes.txt is not an image file" in out and out.rstrip().endswith("--dataset pets")
    run("datasets", "show", "pets")
    shown = capsys.readouterr().out
    assert "task 1: cat, heart\ntask 2: dog\n" in shown and "Left out" not in shown
    run("datasets")
    assert "pets" in capsys.readouterr().out
    run("datasets", "remove", "pets")
    assert capsys.readouterr().out == "pets is removed.\n" and "pets" not in datasets.names()


def test_json_has_all_that_was_found_and_a_dry_run_stores_nothing(given, capsys):
    run("datasets", "add", given, "--name", "mine", "--dry-run", "--json")
    found = json.loads(capsys.readouterr().out)
    assert found["name"] is None and found["images"] == 9 and found["shape"] == [1, 6, 5]
    assert found["classes"][0] == {"name": "cat", "train": 2, "test": 1}
    assert found["misfits_in_all"] == 1 and found["misfits"][0]["where"] == "notes.txt"
    assert "mine" not in datasets.names()
    run("datasets", "add", given, "--name", "mine", "--json")
    assert json.loads(capsys.readouterr().out)["name"] == "mine"
    run("datasets", "show", "mine", "--json")
    assert json.loads(capsys.readouterr().out)["images"] == 9


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--tasks", "cat,dog"], "The class 'heart' is in 0 tasks"),
        (["--tasks", "cat,dog//heart"], "expected names of classes with commas"),
        (["--name", "mnist"], "There is a data set 'mnist' already"),
    ],
)
def test_what_does_not_fit_is_one_sentence_and_stores_nothing(given, arguments, says):
    with pytest.raises(LifelongError, match=says):
        run("datasets", "add", given, *arguments)
    assert own_data.names() == () and not list((given.parent / "data").glob("*/*"))


def test_a_declared_data_set_is_shown_by_its_declaration(capsys):
    run("datasets", "show", "kmnist")
    assert "Classes: o, ki, su" in capsys.readouterr().out


def test_a_run_learns_the_tasks_that_classes_were_grouped_into(given):
    run("datasets", "add", given, "--tasks", "dog,heart/cat")
    nothing = {"dataset": "pets", "tasks": None, "task_sizes": None, "class_order": None}
    config = make_config(**nothing, scenario="class")
    assert (config.tasks, config.task_sizes, config.class_order) == (2, (2, 1), (1, 2, 0))
    assert make_config(**{**nothing, "tasks": 3}, scenario="class").class_order is None
    assert make_config(**nothing, scenario="transfer").task_sizes is None
    folder = run_store.create(config.with_changes(steps=1))
    list(run_store.learn(folder))
    assert run_store.history(folder).started.classes == (("dog", "heart"), ("cat",))
    history = run_store.history(folder)
    assert len(task_images.test_images(history, 0)) == 2
    assert own_data.runs_of("pets") == [folder.name] and own_data.remove("pets") == 1
    assert history.finished
    with pytest.raises(LifelongError, match="The images of pets are not on this machine."):
        task_images.test_images(history, 0)
    run("datasets", "add", given, "--tasks", "dog,heart/cat")
    assert len(task_images.test_images(history, 0)) == 2
