"""Results of a study: forward transfer, the report, the studies that ship."""

import json
import math

import pytest

from lifelong import api
from lifelong.errors import LifelongError
from lifelong.transfer import config as study_config
from lifelong.transfer import store as study_store
from lifelong.transfer.curves import AXES, area_between
from lifelong.transfer.events import SourceLearned, TargetLearned
from lifelong.transfer.results import StudyResult
from tests.transfer.helpers import accuracies, result_of, small_study


@pytest.mark.parametrize("x", [(1, 10), (1, 5, 20, 100, 5881), (3, 4, 900)])
def test_forward_transfer_is_zero_when_curves_coincide_and_their_distance_when_they_are_parallel(x):
    curve = [math.sin(v) / 4 + 0.5 for v in x]
    assert area_between(x, curve, curve) == 0
    assert area_between(x, [v + 0.125 for v in curve], curve) == pytest.approx(0.125)
    assert area_between(x, curve, [0.5] * len(x)) == pytest.approx(
        -area_between(x, [0.5] * len(x), curve)
    )
    assert area_between([7 * v for v in x], curve, [0.1] * len(x)) == pytest.approx(
        area_between(x, curve, [0.1] * len(x))
    )


def test_one_point_has_no_area():
    assert area_between([1], [0.5], [0.2]) is None


def test_forward_transfer_by_seed_is_the_area_over_the_curve_from_scratch():
    result = result_of(small_study())
    x = [1, 4, 24]
    for seed, area in enumerate(result.transfer("images", "frozen")):
        curves = {
            regime: [accuracies(result)[seed, regime, size][1] for size in (1, 4, None)]
            for regime in ("frozen", "scratch")
        }
        assert area == pytest.approx(area_between(x, curves["frozen"], curves["scratch"]))
    report = result.report("x")["forward_transfer"]["images"]["frozen"]
    mean, sem, n = result.gain("images", "frozen")
    assert (report["points"], report["sem"], report["n"]) == (
        pytest.approx(100 * mean),
        pytest.approx(100 * sem),
        n,
    ) and n == 2
    assert all(area == 0 for axis in AXES for area in result.transfer(axis, "scratch"))


def test_a_study_that_has_not_begun_says_so():
    result = StudyResult(small_study(), [])
    assert not result.has_begun and result.share == 0
    with pytest.raises(LifelongError, match=r"^The study has not begun;"):
        _ = result.began


def test_a_report_of_a_study_that_has_not_begun_is_json_too():
    assert json.loads(json.dumps(StudyResult(small_study(), []).report("x")))["finished"] is False


def test_the_study_that_ships_is_complete_and_stays_as_it_is():
    name = "transfer-mnist-digits"
    result = api.study(name)
    assert (
        api.is_shipped(name)
        and result.finished
        and "60,000 training" in result.began.data
        and result.config.seeds == 5
    )
    assert name in api.study_list() and api.state(name) == "finished"
    with pytest.raises(LifelongError, match="ships with the project and is complete"):
        list(study_store.learn(study_store.folder(name)))
    assert {e.regimes for e in result.events if isinstance(e, SourceLearned)} == {
        study_config.REGIMES,
        ("lwf",),
    }
    assert len([e for e in result.events if isinstance(e, TargetLearned)]) == 5 * 4 * 5
