"""Laws of the documented results: they are those in benchmarks/results/."""

import json
import re
from pathlib import Path

import pytest

from benchmarks import tables, whole_networks

DOCUMENT = Path(__file__).parent.parent / "docs" / "results.md"
TABLES = [whole_networks.TABLE]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_is_that_of_its_results(table):
    found = re.search(rf"<!-- {table.name} -->\n(.*?)\n<!-- end -->", DOCUMENT.read_text(), re.S)
    summary = json.loads((tables.RESULTS / f"{table.name}.json").read_text())
    assert found and found[1] == table.markdown(summary)


def test_the_learning_rate_is_the_best_on_held_out_images():
    rows = json.loads(whole_networks.RATE_FILE.read_text())
    mean = {
        rate: sum(row["accuracy"] for row in rows if row["learning_rate"] == rate) / 3
        for rate in whole_networks.RATES
    }
    text = DOCUMENT.read_text()
    assert whole_networks.best_rate(None) == max(mean, key=mean.__getitem__) == 3e-5
    assert all(f"{accuracy:.2f} %" in text for accuracy in mean.values())


def test_the_figures_of_the_backbone_are_those_measured():
    learning = json.loads((tables.RESULTS / "backbone_learning.json").read_text())
    speed = json.loads((tables.RESULTS / "backbone_h200.json").read_text())
    text = DOCUMENT.read_text()
    assert f"{learning['probe']['student']:.2f} %" in text
    assert f"{learning['epochs']} epochs" in text
    for loop in ("learning", "answering"):
        ours, bare, share = (speed[loop][name] for name in ("ours", "bare", "to_bare"))
        assert f"{loop} {ours:,.0f} (bare {bare:,.0f}; {share:.2f} of it)" in " ".join(text.split())
