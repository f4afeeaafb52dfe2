"""The parts of a lost accuracy beside the reference run, and the reference run that is missing."""

import pytest

from lifelong import api
from lifelong.errors import LifelongError
from tests.helpers import config, learn, learned_run
from tests.runs.helpers import sentence


def test_without_a_reference_there_are_no_drops_but_the_config_of_the_run_to_make():
    run = learned_run(config("ewc", seed=3, step_checkpoints=True))
    assert api.drops(run.name) is None
    assert api.history(run.name).measures()["forgotten"] is None
    made = api.create(**api.reference_config(run.name).model_dump())
    assert api.reference_run(run.name) is None, "it has not begun"
    learn(run.parent / made)
    assert api.reference_run(run.name) == made
    rows = api.drops(run.name)
    measures = api.history(run.name).measures(api.history(made))
    last = rows[-1][:-1]
    assert measures["harder"] == pytest.approx(sum(d.harder for d in last) / len(last))
    assert measures["forgotten"] == pytest.approx(sum(d.forgotten for d in last) / len(last))
    assert sum(d.drop for d in last) / len(last) == pytest.approx(-measures["backward_transfer"])


@pytest.mark.parametrize("scenario", ["task", "domain", "transfer"])
def test_the_missing_reference_of_every_scenario_can_be_made(scenario):
    given = {"images_per_class": 5, "tasks": 2} if scenario == "transfer" else {}
    run = learned_run(config("ewc", scenario, **given))
    made = api.create(**api.reference_config(run.name).model_dump())
    learn(run.parent / made)
    assert api.reference_run(run.name) == made


def test_a_reference_run_needs_no_reference():
    assert api.reference_config(learned_run(config("cumulative")).name) is None


def test_another_run_can_be_given_as_the_reference():
    run, other = learned_run(config("finetune")), learned_run(config("replay"))
    assert api.drops(run.name, other.name)[2][0].harder == pytest.approx(
        api.history(other.name).accuracy[0][0] - api.history(other.name).accuracy[2][0]
    )


def test_drops_of_an_unknown_run_are_an_error():
    with pytest.raises(LifelongError) as error:
        api.drops("no-such-run")
    assert "no-such-run" in sentence(error)
