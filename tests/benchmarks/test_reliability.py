"""The page about reliability has the figures of its scripts, and they are what it promises."""

import json

import pytest

from benchmarks import reliability
from benchmarks.tables import RESULTS


@pytest.mark.parametrize("name", reliability.sentences())
def test_the_page_has_the_figures_of_its_scripts(name):
    text = reliability.DOCUMENT.read_text("utf-8")
    assert f"<!-- {name} -->{reliability.sentences()[name]}<!-- end -->" in text


def test_the_figures_are_what_is_promised():
    found = {name: json.loads((RESULTS / f"{name}.json").read_text()) for name in ("kill", "fuzz")}
    assert found["kill"]["kills"] >= 40 and found["kill"]["different"] == []
    assert (found["fuzz"]["pictures"], found["fuzz"]["runs"]) == (5000, 2000)
    assert found["fuzz"]["bad"] == 0 and found["fuzz"]["seconds"] < 600
    costs = json.loads((RESULTS / "state_costs.json").read_text())["cases"]
    assert all(row["saved_every_seconds"] == 30 for row in costs)
    load = json.loads((RESULTS / "load.json").read_text())
    crowd = load["crowd"]
    assert crowd["drawing"] >= 50 and crowd["watching"] >= 10
    assert crowd["errors"] == crowd["view_errors"] == 0 and crowd["p95_ms"] < 300
    assert crowd["view_age_most_seconds"] <= 2 and crowd["speed_share"] >= 0.5
    ends = [each for case in load["end"].values() for each in case]
    assert all(each["seconds"] < 5 and each["saved"] and not each["left_over"] for each in ends)
