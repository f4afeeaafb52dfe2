"""Command `verify`: what it says of runs that are as they were saved, and of others."""

import json

import pytest

from lifelong.runs import checkpoints
from tests.helpers import config, forget_checksums, learned_run
from tests.inference.test_evaluation import edit_rows
from tests.runs.test_integrity import flip


def test_a_run_as_it_was_saved_is_verified(cli):
    folder = learned_run(config("replay"))
    status, out, _err = cli("verify", folder.name)
    assert status == 0
    assert out == f"{folder.name}: 6 of 6 files intact; 3 checkpoints with the recorded accuracy\n"


def test_of_an_older_run_the_files_are_not_recorded_and_the_accuracies_are_verified(cli):
    folder = learned_run(config("replay"))
    forget_checksums(folder)
    status, out, _err = cli("verify", folder.name, "--json")
    (report,) = json.loads(out)
    assert status == 0 and set(report["files"].values()) == {"not recorded"}
    assert report["agree"] == [0, 1, 2]


def test_a_changed_file_is_named_and_the_others_are_evaluated(cli):
    folder = learned_run(config())
    flip(checkpoints.inference_file(folder, 1))
    status, out, _err = cli("verify", folder.name)
    assert status == 2 and "5 of 6 files intact; task-1.safetensors changed; 2 checkpoints" in out
    assert cli("verify", folder.name, "--files-only")[0] == 2


def test_another_accuracy_than_the_recorded_one_is_named(cli):
    folder = learned_run(config())
    edit_rows(folder, lambda event: event["accuracy"].__setitem__(0, 0.0))
    status, out, _err = cli("verify", folder.name)
    assert status == 2 and "after task 1 the accuracy is" in out and "not 0\xa0%" in out


def test_all_runs_and_all_that_ships_are_verified(cli):
    folder = learned_run(config())
    (folder.parent / "damaged").mkdir()
    (folder.parent / "damaged" / "config.json").write_text("?")
    status, out, _err = cli("verify", "--all", "--files-only")
    lines = out.splitlines()
    assert status == 2 and f"{folder.name}: 6 of 6 files intact" in lines
    assert sum(line.startswith("damaged: the configuration was given") for line in lines) == 1
    assert any(line.startswith("mnist-class-finetune: ") for line in lines)
    assert lines[-1].startswith("What ships: ") and "changed" not in lines[-1]


@pytest.mark.parametrize("given", [[], ["--all", "mnist-class-finetune"]])
def test_either_runs_or_all_are_given(cli, given):
    status, out, err = cli("verify", *given)
    assert status == 2 and not out and err == "Give the runs to verify, or --all.\n"
