"""Laws of the tables of results and of their agreement with publications."""

import json

import pytest

from benchmarks import split_cifar10, split_mnist
from benchmarks.tables import MIN_SEEDS, RESULTS, TOLERANCE, Table, names_for

PUBLISHED = {"class": {"ewc": (20.0, 1.0), "si": (20.0, 0.1), "der": (70.0, None)}}
TABLE = Table("toy", PUBLISHED)
RECORDED = [*split_mnist.TABLES.values(), split_cifar10.TABLE]


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
