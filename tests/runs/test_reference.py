"""The reference run: cumulative training of the same network on the same tasks."""

import json

import pytest

from lifelong import api
from tests.helpers import config, learned_run

ORDER = tuple(range(10))


def edit_config(folder, **fields) -> None:
    """Replaces fields of a run's config.json, as if the run had been started with them."""
    file = folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | fields))


def test_the_reference_of_a_run_is_cumulative_training_on_the_same_tasks():
    run, reference = learned_run(config("ewc")), learned_run(config("cumulative"))
    learned_run(config("cumulative", seed=1))  # seed 1 draws another order of classes
    learned_run(config("cumulative", steps=3))
    learned_run(config("cumulative", "task"))
    assert api.reference_run(run.name) == reference.name
    measures = api.history(run.name).measures(api.history(reference.name))
    assert measures["intransigence"] is not None


def test_a_reference_run_has_no_reference():
    reference = learned_run(config("cumulative"))
    learned_run(config("cumulative"))
    assert api.reference_run(reference.name) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"dataset": "mnist"},
        {"target": "mnist"},
        {"model": "resnet18"},
        {"network": {"units": 5}},
        {"learning_rate": 0.5},
        {"images_per_class": 3},
        {"recipe": "paper"},
        {"steps": 9},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_a_reference_run_agrees_in_everything_that_changes_what_can_be_reached(fields):
    run, reference = learned_run(config("ewc")), learned_run(config("cumulative"))
    edit_config(reference, **fields)
    assert api.reference_run(run.name) is None
    edit_config(run, **fields)
    assert api.reference_run(run.name) == reference.name


def test_an_older_config_that_leaves_out_settings_has_the_network_of_their_defaults():
    run, reference = learned_run(config("ewc")), learned_run(config("cumulative"))
    complete = json.loads((run / "config.json").read_text())["network"]
    assert complete, "the toy network has settings"
    edit_config(run, network={})
    assert api.reference_run(run.name) == reference.name
    edit_config(reference, network={**complete, "hidden_units": 9})
    assert api.reference_run(run.name) is None, "it has more hidden units"


def test_networks_that_are_not_installed_any_more_are_compared_by_what_their_configs_say():
    run, reference = learned_run(config("ewc")), learned_run(config("cumulative"))
    edit_config(run, model="gone")
    edit_config(reference, model="gone")
    assert api.reference_run(run.name) == reference.name
    edit_config(reference, network={})
    assert api.reference_run(run.name) is None


def test_a_reference_run_may_differ_in_seed_precision_device_and_half():
    run = learned_run(config("ewc", class_order=ORDER, precision="fp32"))
    reference = learned_run(config("cumulative", class_order=ORDER, seed=4, half=True))
    edit_config(reference, precision="bf16", device="cuda")
    assert api.reference_run(run.name) == reference.name


def test_a_damaged_run_is_never_a_reference():
    run, reference = learned_run(config("ewc")), learned_run(config("cumulative"))
    damaged = learned_run(config("cumulative"))
    (damaged / "config.json").write_text("{")
    assert api.reference_run(run.name) == reference.name


def test_a_run_that_has_not_begun_has_no_reference():
    learned_run(config("cumulative"))
    run = learned_run(config("ewc"))
    (run / "record.jsonl").unlink()
    assert api.reference_run(run.name) is None
