"""Laws of comparisons and of transfer studies on arrays."""

from statistics import fmean, stdev

import pytest

from lifelong import LifelongError, Transfer, compare
from tests.estimators.helpers import data, small_run
from tests.transfer.helpers import result_of


def test_a_row_is_the_mean_and_standard_error_over_the_seeds():
    tasks = data().split("class", 3)
    table = compare({"a": small_run(), "b": small_run("replay")}, tasks, seeds=[4, 5, 6])
    values = [small_run("replay", seed=seed).fit(tasks).average_accuracy_ for seed in (4, 5, 6)]
    mean, error = table.loc["b", "average_accuracy"]
    assert mean == pytest.approx(fmean(values)) and table.attrs["n"] == 3
    assert error == pytest.approx(stdev(values) / 3**0.5)


def test_what_was_forgotten_is_told_where_cumulative_training_is_compared():
    tasks = data().split("class", 3)
    runs = {"fine-tuned": small_run(), "all": small_run("cumulative")}
    table = compare(runs, tasks, seeds=1)
    assert table.loc["fine-tuned", ("forgotten", "mean")] > 0.5
    del runs["all"]
    assert table.index.tolist() == ["fine-tuned", "all"]
    assert compare(runs, tasks, seeds=1)["forgotten", "mean"].isna().all()


def test_a_strategy_given_twice_needs_names():
    with pytest.raises(LifelongError, match="mapping"):
        compare(["replay", small_run("replay")], data().split("class", 3))


def test_a_study_of_arrays_is_that_of_the_commands_on_the_same_images():
    from lifelong import load_dataset
    from lifelong.transfer.config import make

    toy = load_dataset("toy")
    given = {"model": "toy-mlp", "seeds": 1, "sizes": (1,)}
    mine = Transfer("lwf", **given).fit(toy.split("transfer", 2))
    config = make("lwf", dataset="toy", **given)
    for regime in config.regimes:
        curve = result_of(config).curve("images", regime)
        rows = mine.curves_[mine.curves_.regime == regime]
        assert rows.target_mean.tolist() == [point.target[0] for point in curve]


def test_source_and_target_may_be_two_data_sets():
    one, other = data(classes=2), data(classes=3, seed=1)
    study = Transfer("ewc", seeds=1, sizes=(2,), network={"units": 20}).fit(one, other)
    assert set(study.forward_transfer_) == {"frozen", "finetune", "ewc"}
    assert len(study.result_.began.target) == 3


def test_before_fit_there_are_no_curves():
    with pytest.raises(LifelongError, match="call fit"):
        _ = Transfer().curves_
