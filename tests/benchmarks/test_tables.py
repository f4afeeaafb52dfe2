"""Laws of the tables of results: their agreement with publications, and the README's figures."""

import json
import re
from pathlib import Path

import pytest

from benchmarks import split_cifar10, split_mnist
from benchmarks.tables import MIN_SEEDS, RESULTS, TOLERANCE, Table, names_for
from lifelong import api

README = (Path(__file__).parent.parent.parent / "README.md").read_text("utf-8")
PUBLISHED = {"class": {"ewc": (20.0, 1.0), "si": (20.0, 0.1), "der": (70.0, None)}}
TABLE = Table("toy", PUBLISHED)
RECORDED = [*split_mnist.TABLES.values(), split_cifar10.TABLE]
STUDIES = (
    "transfer-mnist-digits",
    "transfer-cifar10-animals-to-vehicles",
    "transfer-cifar10-pretrained",
)


def row(strategy: str, mean: float, sem: float = 0.0, n: int = MIN_SEEDS) -> dict:
    """Returns a row of a summary in the class scenario."""
    published = PUBLISHED["class"].get(strategy, (None,))[0]
    return {
        "strategy": strategy,
        "scenario": "class",
        "n": n,
        "mean": mean,
        "sem": sem,
        "published": published,
        "seconds": 1.0,
    }


def cells_of(first: str, section: str) -> list[str]:
    """Returns the cells of the row with this first cell in a section of the README."""
    (line,) = [line for line in section.splitlines() if line.startswith(f"| `{first}` |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def section_after(sentence: str) -> str:
    """Returns the README from a sentence to the end of its first table."""
    assert README.count(sentence) == 1
    return re.split(r"(?<=\|)\n\n", README.split(sentence)[1], maxsplit=1)[0]


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (row("ewc", 20.0 + 3.0), "yes"),  # three published standard errors
        (row("ewc", 20.0 + 3.1), "**no**"),
        (row("ewc", 20.0 - 3.1, sem=1.0), "by spread"),  # three times the root of 1 + 1: 4.2
        (row("ewc", 20.0 - 4.3, sem=1.0), "**no**"),
        (row("si", 20.0 + TOLERANCE), "yes"),
        (row("si", 20.1 + TOLERANCE), "**no**"),
        (row("ewc", 20.0, n=MIN_SEEDS - 1), "too few"),
        (row("der", 70.0), "-"),
        (row("finetune", 20.0), "-"),
    ],
)
def test_agreement_depends_on_the_distance_in_standard_errors(result, expected):
    assert TABLE.agrees(result) == expected


def test_a_table_shows_the_scenarios_that_do_not_agree():
    lines = TABLE.markdown([row("ewc", 20.0, 0.5), row("si", 90.0, 0.5), row("finetune", 1.0, 0.5)])
    assert lines.splitlines()[2:] == [
        "| `ewc` | 20.00 ± 0.50 (20.00) | 5 | yes | 1 |",
        "| `finetune` | 1.00 ± 0.50 | 5 | - | 1 |",
        "| `si` | 90.00 ± 0.50 (20.00) | 5 | **no**: class | 1 |",
    ]


def test_only_strategies_of_the_scenario_are_trained():
    assert names_for("ewc,generative-classifier", "task") == ["ewc"]
    assert "generative-classifier" in names_for("all", "class")
    assert "generative-classifier" not in names_for("all", "task")


@pytest.mark.parametrize("table", RECORDED, ids=lambda table: table.name)
def test_the_recorded_summary_is_that_of_the_recorded_runs(table):
    recorded = json.loads((RESULTS / f"{table.name}.json").read_text())
    assert [{k: r[k] for k in new} for r, new in zip(recorded, table.summary())] == table.summary()


def test_the_split_mnist_table_of_the_readme_is_the_recorded_one():
    table = split_mnist.TABLES["own"]
    assert table.markdown(table.summary()) in README


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
