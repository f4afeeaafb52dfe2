"""The page about reliability has the figures of its scripts, and they are what it promises."""

import json

import pytest

from benchmarks import reliability
from benchmarks.tables import RESULTS


@pytest.mark.parametrize("name", ["kill", "fuzz", "state_costs"])
def test_the_page_has_the_figures_of_its_scripts(name):
    text = reliability.DOCUMENT.read_text("utf-8")
    assert f"<!-- {name} -->{reliability.sentences()[name]}<!-- end -->" in text


def test_the_figures_are_what_is_promised():
    found = {name: json.loads((RESULTS / f"{name}.json").read_text()) for name in ("kill", "fuzz")}
    assert found["kill"]["kills"] >= 40 and found["kill"]["different"] == []
    assert (found["fuzz"]["pictures"], found["fuzz"]["runs"]) == (5000, 2000)
    assert found["fuzz"]["bad"] == 0 and found["fuzz"]["seconds"] < 600
    costs = json.loads((RESULTS / "state_costs.json").read_text())["cases"]
    assert all(row["share_percent"] <= 1.0 for row in costs)
