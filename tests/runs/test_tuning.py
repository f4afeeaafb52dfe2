"""Laws of the search for settings on held-out training images."""

import math
from dataclasses import replace

import pytest
import torch

from lifelong.errors import LifelongError
from lifelong.runs import tuning
from lifelong.settings import Setting
from lifelong.storage.progress import result_of
from lifelong.strategies.ewc import EWC
from lifelong.training import setup
from lifelong.training.held_out import hold_out
from lifelong.training.setup import Prepared
from tests.helpers import config
from tests.image_helpers import is_one_sentence

pytest.importorskip("optuna", reason="Optuna is not installed")


def prepared(run_config) -> Prepared:
    return result_of(setup.prepare(run_config))


def search(strategy="ewc", **given) -> tuning.Search:
    return tuning.Search(config(strategy), **given)


def found(wanted, folder, trials, images=None, **options):
    images = images or prepared(wanted.config)
    evaluate = tuning.in_this_process(wanted, images, options.get("stop", lambda: False))
    return list(tuning.search(wanted, evaluate, folder, trials, **options))


def test_held_out_images_are_training_images_and_no_others(toy):
    split = hold_out(Prepared(toy, None), 0.25, seed=0).dataset
    assert split.test_labels.bincount().tolist() == [6] * 10
    both = torch.cat([split.train_images, split.test_images])
    assert sorted(map(hash, map(bytes, both.numpy()))) == sorted(
        map(hash, map(bytes, toy.train_images.numpy()))
    )


def test_test_images_are_never_looked_at(tmp_path, toy):
    garbage = replace(
        toy, test_images=torch.zeros_like(toy.test_images), test_labels=toy.test_labels.flip(0)
    )
    one = found(search(), tmp_path / "one", 3)
    other = found(search(), tmp_path / "other", 3, Prepared(garbage, None))
    assert one == other


def test_the_first_trial_is_of_the_defaults_and_the_best_is_written(tmp_path):
    trials = found(search(), tmp_path, 4)
    assert trials[0].settings == {"strength": 1e9, "estimator": "exact"}
    best, done = tuning.read(tmp_path)
    assert done == trials and best.accuracy == max(trial.accuracy for trial in trials)


def test_a_trial_that_diverges_is_the_worst_and_the_search_goes_on(tmp_path, monkeypatch):
    losses = iter([math.nan])

    def diverging(self, task, batch, logits):
        return self.cross_entropy(task, batch, logits) * next(losses, 1.0)

    monkeypatch.setattr(EWC, "loss", diverging)
    trials = found(search(), tmp_path, 3)
    assert [trial.accuracy > 0 for trial in trials] == [False, True, True]


def test_a_search_that_was_stopped_goes_on_as_one_that_was_not(tmp_path):
    whole = found(search(), tmp_path / "whole", 4)
    parts = found(search(), tmp_path / "parts", 2) + found(search(), tmp_path / "parts", 4)
    assert parts == whole
    assert found(search(), tmp_path / "parts", 4) == []
    calls = iter([False, True])
    assert found(search(), tmp_path / "stopped", 4, stop=lambda: next(calls, True)) == []
    assert found(search(), tmp_path / "stopped", 4)[-1].accuracy == whole[-1].accuracy


def test_trials_side_by_side_are_as_many_and_each_has_its_own_accuracy(tmp_path):
    trials = found(search(), tmp_path / "two", 3, at_once=2)
    assert [trial.number for trial in trials] == [0, 1, 2]
    assert len({str(trial.settings) for trial in trials}) == 3
    images = {0: hold_out(prepared(search().config), 0.1, 0)}
    for trial in trials:
        assert tuning.accuracy_of(search(), trial.settings, images) == trial.accuracy


def test_settings_that_are_given_stay_as_they_are(tmp_path):
    given = config("replay", settings={"per_class": 3})
    for trial in found(tuning.Search(given), tmp_path, 3):
        assert set(trial.settings) == {"policy"}


def test_the_mean_over_the_seeds_counts(tmp_path):
    one, two = (found(search(seeds=(seed,)), tmp_path / str(seed), 1) for seed in (0, 1))
    both = found(search(seeds=(0, 1)), tmp_path / "both", 1)
    assert both[0].accuracy == pytest.approx((one[0].accuracy + two[0].accuracy) / 2)


@pytest.mark.parametrize(
    ("setting", "low", "high"),
    [
        (Setting("n", "", int, 100, 0, 5000), 1, 5000),
        (Setting("n", "", int, 2, 1, 6), 1, 6),
        (Setting("x", "", float, 1.0, 1e-9, 1e9), 1e-3, 1e3),
        (Setting("x", "", float, 0.0, 0.0, 1.0), 0, 1),
    ],
)
def test_a_number_is_searched_around_its_default_within_its_limits(setting, low, high):
    assert tuning.range_of(setting) == pytest.approx((low, high))


@pytest.mark.parametrize(
    ("wanted", "says"),
    [(search(settings=("strenght",)), "did you mean 'strength'"), (search("joint"), "no settings")],
)
def test_a_search_of_nothing_gets_one_sentence(tmp_path, wanted, says):
    with pytest.raises(LifelongError, match=says) as error:
        found(wanted, tmp_path, 1)
    assert is_one_sentence(str(error.value))


def test_another_search_in_the_same_folder_is_refused(tmp_path):
    found(search(), tmp_path, 1)
    with pytest.raises(LifelongError, match="another search"):
        found(search(share=0.3), tmp_path, 2)
