"""Laws of documented figures: they are those in benchmarks/results/ and in the shipped studies."""

import json
import re
from pathlib import Path

import pytest

from benchmarks import (
    app_tables,
    control,
    make_docs,
    speed,
    split_cifar10,
    split_mnist,
    tables,
    whole_networks,
)
from lifelong import api

ROOT = Path(__file__).parent.parent.parent
DOCUMENT = ROOT / "docs" / "results.md"
RESULTS = DOCUMENT.read_text("utf-8")
TABLES = [whole_networks.TABLE]
STUDIES = (
    "transfer-mnist-digits",
    "transfer-cifar10-animals-to-vehicles",
    "transfer-cifar10-pretrained",
)


def cells_of(first: str, section: str) -> list[str]:
    """Returns the cells of the row with this first cell in a section of the document."""
    (line,) = [line for line in section.splitlines() if line.startswith(f"| `{first}` |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def section_after(sentence: str) -> str:
    """Returns the document from a sentence to the end of its first table."""
    assert RESULTS.count(sentence) == 1
    return re.split(r"(?<=\|)\n\n", RESULTS.split(sentence)[1], maxsplit=1)[0]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_is_that_of_its_results(table):
    found = re.search(rf"<!-- {table.name} -->\n(.*?)\n<!-- end -->", DOCUMENT.read_text(), re.S)
    summary = json.loads((tables.RESULTS / f"{table.name}.json").read_text())
    assert found and found[1] == table.markdown(summary)


@pytest.mark.parametrize("name", app_tables.TABLES)
def test_a_table_of_the_app_is_that_of_its_results(name):
    found = re.search(rf"<!-- {name} -->\n(.*?)\n<!-- end -->", DOCUMENT.read_text(), re.S)
    assert found and found[1] == app_tables.TABLES[name]()


def test_no_drawing_of_a_visitor_was_refused_or_left_out():
    loads = json.loads((app_tables.RESULTS / "load.json").read_text())["loads"]
    assert all(load["busy"] == load["errors"] == load["left_out"] == 0 for load in loads)
    assert "none was refused or left out" in DOCUMENT.read_text()


@pytest.mark.parametrize(
    ("table", "markdown"),
    [(control.TABLE, control.markdown), (control.FIRST_TASK, control.ranges_markdown)],
    ids=lambda value: getattr(value, "name", ""),
)
def test_two_tables_side_by_side_are_those_of_their_results(table, markdown):
    text = DOCUMENT.read_text()
    found = re.search(rf"<!-- {table.name} -->\n(.*?)\n<!-- end -->", text, re.S)
    assert found and found[1] == markdown()
    for row in json.loads((tables.RESULTS / f"{table.name}.json").read_text()):
        assert f"{row['images']:,} training and {row['tested']:,} test images" in text


def test_the_control_differs_from_the_frozen_table_by_less_than_is_said():
    ours, theirs = (
        {(row["strategy"], row["scenario"]): row["mean"] for row in table.summary()}
        for table in (split_cifar10.TABLE, control.TABLE)
    )
    assert max(abs(ours[key] - theirs[key]) for key in theirs) < 1.6
    assert "by more than 1.6 points" in DOCUMENT.read_text()


def test_figures_of_adapters_are_those_measured():
    text = DOCUMENT.read_text()
    for row in json.loads((tables.RESULTS / "adapters.json").read_text()):
        cells = (
            f"`{row['strategy']}`",
            f"{row['accuracy']:.2f}",
            f"{row['accuracy_task_given']:.2f}",
            f"{sum(row['stored'].values()):,}",
            f"{row['seconds']:.0f}",
        )
        assert f"| {' | '.join(cells)} |" in text
        assert f"{row['steps']} steps of 128 images" in text and f"{row['tested']:,} test" in text


def test_the_ranges_of_features_change_accuracies_by_less_than_half_a_point():
    of_all, of_first = (
        {row["strategy"]: row["mean"] for row in table.summary() if row["scenario"] == "class"}
        for table in (control.TABLE, control.FIRST_TASK)
    )
    assert len(of_first) == 4
    assert all(abs(of_first[name] - of_all[name]) < 0.5 for name in of_first)


def test_the_linear_ceilings_of_the_control_are_those_measured():
    row = json.loads((tables.RESULTS / "split_cifar10_control.json").read_text())[0]
    text = " ".join(DOCUMENT.read_text().split())
    assert f"{row['ceiling']:.2f} % on the control's features" in text
    assert f"{row['shipped_ceiling']:.2f} % on those of the backbone that ships" in text


def test_figures_from_few_images_are_those_measured():
    text = DOCUMENT.read_text()
    for name, first in (("shipped", "the backbone that ships"), ("control", "the control")):
        rows = [
            row
            for row in json.loads((tables.RESULTS / "few_images.json").read_text())
            if row["features"] == name
        ]
        cells = [f"{row['mean']:.1f} ± {row['sem']:.1f}" for row in rows]
        assert f"| {first} | {' | '.join(cells)} |" in text


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


def test_the_split_mnist_table_is_the_recorded_one():
    table = split_mnist.TABLES["own"]
    assert table.markdown(table.summary()) in RESULTS


def test_the_readme_is_short_and_its_figures_are_the_recorded_ones():
    readme = (ROOT / "README.md").read_text("utf-8")
    assert split_mnist.readme_table() in readme and readme.count("\n") <= 120


@pytest.mark.parametrize("result", split_mnist.TABLES["published"].summary(), ids=str)
def test_figures_in_published_orders_are_the_recorded_ones(result):
    section = section_after("In the orders of the published runs")
    mean, sem = split_mnist.PUBLISHED[result["scenario"]][result["strategy"]]
    assert cells_of(result["strategy"], section)[1:] == [
        f"{result['mean']:.2f} ± {result['sem']:.2f}",
        f"{mean:.2f} ± {sem:.2f}",
        split_mnist.TABLES["published"].agrees(result),
    ]


@pytest.mark.parametrize("result", split_cifar10.TABLE.summary(), ids=str)
def test_figures_of_split_cifar10_are_the_recorded_ones(result):
    section = section_after("Split CIFAR-10, five tasks of two classes")
    cell = cells_of(result["strategy"], section)[1 + (result["scenario"] == "task")]
    published = f" ({result['published']:.2f})" if result["published"] else ""
    assert cell == f"{result['mean']:.2f} ± {result['sem']:.2f}{published}"


@pytest.mark.parametrize("name", STUDIES)
def test_figures_of_a_study_are_those_of_its_record(name):
    study = api.study(name)
    section = section_after(f"(`checkpoints/{name}`")
    report = study.report(name)
    for regime in study.regimes:
        targets = [point["target"] for point in report["curves"]["images"][regime]]
        expected = [f"{100 * t['mean']:.1f} ± {100 * t['sem']:.1f}" for t in targets]
        gain = report["forward_transfer"]["images"].get(regime)
        expected.append(f"{gain['points']:+.1f} ± {gain['sem']:.1f}" if gain else "-")
        assert cells_of(regime, section)[1 : 1 + len(expected)] == expected


def test_the_page_of_strategies_is_that_of_their_declarations():
    page = (ROOT / "docs" / "strategies.md").read_text("utf-8")
    assert page == make_docs.document()


def test_the_page_of_speeds_is_that_of_its_results():
    page = (ROOT / "docs" / "benchmarks.md").read_text("utf-8")
    assert page == speed.document(json.loads(speed.FILE.read_text()))
