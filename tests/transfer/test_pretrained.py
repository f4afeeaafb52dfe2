"""Studies of a pretrained network."""

import json

import pytest

from lifelong.errors import LifelongError
from lifelong.storage.progress import result_of as end_of
from lifelong.transfer import config as study_config
from lifelong.transfer import store as study_store
from lifelong.transfer import study
from lifelong.transfer.events import Probe, TargetLearned
from lifelong.transfer.pretrained import PretrainedLearner
from lifelong.transfer.results import StudyResult
from tests.helpers import stop_after
from tests.transfer.helpers import accuracies, pretrained_study, result_of


def test_a_pretrained_network_is_studied_in_three_regimes_without_a_source():
    resolved = study.resolve(pretrained_study())
    events = list(study.study(resolved))
    result = StudyResult(resolved, events)
    assert (
        result.finished
        and result.regimes == study_config.REGIMES
        and result.began.sizes == (1, 2)
        and len(result.began.source) == 1
    )
    assert [(e.regime, e.images) for e in result.learned] == [
        (regime, size) for regime in study_config.REGIMES for size in (1, 2)
    ]
    assert all(e.source is None for e in events if isinstance(e, TargetLearned | Probe))
    assert {probe.regime for probe in result.probes} == set(study_config.REGIMES)
    report = json.loads(json.dumps(result.report("x")))
    assert (
        report["pretrained"]
        and report["protect"] is None
        and report["curves"]["images"]["finetune"][0]["lost"] is None
    )
    assert report["forward_transfer"]["images"]["frozen"]["n"] == 1
    assert result.lost("finetune") is None and result.share == 1


def test_the_regimes_of_a_pretrained_network_differ_in_where_they_begin_and_what_learns(
    toy_pictures,
):
    resolved = study.resolve(pretrained_study())
    pretrained = PretrainedLearner(resolved, toy_pictures)
    by_regime = {
        regime: end_of(pretrained.experiment(regime, 0, 2)) for regime in study_config.REGIMES
    }
    assert (
        by_regime["scratch"].config.network["tune"]
        == by_regime["finetune"].config.network["tune"]
        == "whole"
        and by_regime["frozen"].config.network["tune"] == "head"
    )
    assert (
        by_regime["scratch"].config.network["weights"] == "none"
        and by_regime["finetune"].config.training_recipe.learning_rate
        == study_config.FINE_TUNE_LEARNING_RATE
    )
    assert (
        by_regime["frozen"].strategy.network.flat.numel()
        < by_regime["finetune"].strategy.network.flat.numel() / 100
    )
    assert all(len(e.tasks[0].train) == 8 for e in by_regime.values()), (
        "two images of each of four classes"
    )


def test_a_study_of_a_pretrained_network_goes_on_where_it_stopped_and_tells_the_same():
    folder = study_store.create(pretrained_study())
    list(study_store.learn(folder, stop_after(6)))
    assert study_store.state(folder) == "stopped" and not study_store.result(folder).finished
    list(study_store.learn(folder))
    uninterrupted = result_of(pretrained_study())
    result = study_store.result(folder)
    assert result.finished and accuracies(result) == accuracies(uninterrupted)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"sizes": ()}, "was given no number of images"),
        ({"target": "mnist"}, "leave out the target"),
        ({"class_order": (1, 0, 2, 3)}, "leave out the target"),
    ],
)
def test_what_does_not_fit_a_pretrained_network_is_refused(given, says):
    with pytest.raises(LifelongError, match=says):
        pretrained_study(**given)


@pytest.mark.parametrize(
    "network", [{"model": "mlp", "network": {}}, {"network": {"weights": "none", "tune": "whole"}}]
)
def test_a_network_that_cannot_be_frozen_is_no_pretrained_one(network):
    with pytest.raises(LifelongError, match="choose one such as resnet50, frozen"):
        study.resolve(pretrained_study(**network))
