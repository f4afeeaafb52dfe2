"""Tables of many runs: trained in parallel, appended to a file, summarised as JSON and Markdown."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from tqdm import tqdm

from lifelong import metrics, registry
from lifelong.config import RunConfig
from lifelong.runs import comparison
from lifelong.training import setup

RESULTS = Path(__file__).parent / "results"
MIN_SEEDS = 5  # the class order alone changes an accuracy by several points
TOLERANCE = 1.5  # points from the published mean, or three of its standard errors if that is more
Race = Callable[[list[RunConfig], int | None], Iterator[dict]]  # as `comparison.race`
RACE = partial(comparison.race, clock=time.process_time)
FIELDS = ("scenario", "strategy", "seed", "precision", "seconds", "stored")

# A ResNet-18 trained from scratch, 50 epochs a task (DER++, Buzzega et al., NeurIPS 2020): of
# another network than this project's, so without a standard error to agree with.
SPLIT_CIFAR10: dict[str, dict[str, tuple[float, float | None]]] = {
    "class": {
        "joint": (92.20, None),
        "finetune": (19.62, None),
        "ewc-online": (19.49, None),
        "si": (19.48, None),
        "lwf": (19.61, None),
        "replay": (57.74, None),
        "agem": (22.67, None),
        "icarl": (47.55, None),
        "der": (70.51, None),
        "derpp": (72.70, None),
    },
    "task": {
        "finetune": (61.02, None),
        "joint": (98.31, None),
        "replay": (93.61, None),
        "derpp": (93.88, None),
    },
}


@dataclass(frozen=True)
class Table:
    """Table of accuracies by strategy and scenario.

    Args:
        name: of its files, results/<name>_runs.jsonl and results/<name>.json.
        published: mean and standard error by scenario and strategy, in percent. The standard error
            is None if the published figure is of another network and cannot be compared.
    """

    name: str
    published: dict[str, dict[str, tuple[float, float | None]]]

    @property
    def _runs(self) -> Path:
        return RESULTS / f"{self.name}_runs.jsonl"

    def finished(self) -> list[dict]:
        """Returns the rows of all finished runs."""
        return (
            [json.loads(line) for line in self._runs.read_text().splitlines()]
            if self._runs.exists()
            else []
        )

    def make(
        self,
        configs: Iterable[RunConfig],
        processes: int | None = None,
        extra_fields: Callable[[dict], dict] = lambda report: {},
        race: Race = RACE,
    ) -> None:
        """Trains the missing runs and appends a row for each when it ends.

        Args:
            configs: all runs of the table.
            processes: runs trained in parallel; None for the number of cores.
            extra_fields: computes further fields of a row from the run's report.
            race: trains runs in so many processes and yields the report of each.
        """
        done = {(row["scenario"], row["strategy"], row["seed"]) for row in self.finished()}
        missing = [
            setup.resolve(c) for c in configs if (c.scenario, c.strategy, c.seed) not in done
        ]
        for report in tqdm(race(missing, processes), total=len(missing)) if missing else ():
            row = {name: report[name] for name in FIELDS} | extra_fields(report)
            row |= {
                "accuracy": 100 * report["average_accuracy"],
                "forgetting": 100 * report["forgetting"],
            }
            tqdm.write(
                f"{row['scenario']:<7}{row['strategy']:<22}seed {row['seed']}  "
                f"{row['accuracy']:6.2f} %  {row['seconds']:6.1f} s"
            )
            with open(self._runs, "a") as out:
                out.write(json.dumps(row) + "\n")

    def write(self, extra_fields: dict | None = None) -> list[dict]:
        """Writes and returns the summary.

        Args:
            extra_fields: added to every row.
        """
        summary = [row | (extra_fields or {}) for row in self.summary()]
        (RESULTS / f"{self.name}.json").write_text(json.dumps(summary, indent=1) + "\n")
        return summary

    def summary(self) -> list[dict]:
        """Returns a row for each strategy and scenario: mean, standard error, seconds."""
        groups: dict[tuple[str, str], list[dict]] = {}
        for row in self.finished():
            groups.setdefault((row["scenario"], row["strategy"]), []).append(row)
        return [self._row(*key, group) for key, group in sorted(groups.items())]

    def _row(self, scenario: str, strategy: str, group: list[dict]) -> dict:
        mean, sem = metrics.mean_and_sem([row["accuracy"] for row in group])
        seconds = [row["seconds"] for row in group if row["seconds"] is not None]
        return {
            "strategy": strategy,
            "scenario": scenario,
            "n": len(group),
            "mean": round(mean, 2),
            "sem": None if sem is None else round(sem, 2),
            "published": self.published[scenario].get(strategy, (None,))[0],
            "seconds": round(median(seconds), 1) if seconds else None,
        }

    def agrees(self, row: dict) -> str:
        """Compares a row of the summary with the published mean.

        Returns 'yes' if they differ by at most TOLERANCE points or three published standard errors,
        'by spread' if by at most three standard errors of the difference, which includes our own
        spread, and otherwise 'no'. Returns '-' without a comparable figure and 'too few' with less
        than MIN_SEEDS seeds.
        """
        _mean, sem = self.published[row["scenario"]].get(row["strategy"], (None, None))
        if sem is None:
            return "-"
        if row["n"] < MIN_SEEDS:
            return "too few"
        difference = abs(row["mean"] - row["published"])
        if difference <= max(TOLERANCE, 3 * sem):
            return "yes"
        return "by spread" if difference <= 3 * (sem**2 + row["sem"] ** 2) ** 0.5 else "**no**"

    def markdown(self, summary: list[dict]) -> str:
        """Returns the summary as a Markdown table, published figures in brackets."""
        by_strategy: dict[str, dict[str, dict]] = {}
        for row in summary:
            by_strategy.setdefault(row["strategy"], {})[row["scenario"]] = row
        lines = [
            f"| strategy | {' | '.join(self.published)} | n | agrees | seconds |",
            "|---" * (len(self.published) + 4) + "|",
        ]
        for strategy, rows in sorted(by_strategy.items()):
            counts = ", ".join(str(n) for n in sorted({row["n"] for row in rows.values()}))
            seconds = max(
                (row["seconds"] for row in rows.values() if row["seconds"] is not None),
                default=None,
            )
            cells = " | ".join(cell(rows.get(scenario)) for scenario in self.published)
            lines.append(
                f"| `{strategy}` | {cells} | {counts} | {self._agreement(rows)} | "
                f"{'' if seconds is None else f'{seconds:.0f}'} |"
            )
        return "\n".join(lines)

    def _agreement(self, rows: dict[str, dict]) -> str:
        """Returns the scenarios whose figure does not agree, by result of the comparison."""
        results = {scenario: self.agrees(row) for scenario, row in rows.items()}
        scenarios = {
            result: [scenario for scenario in self.published if results.get(scenario) == result]
            for result in ("**no**", "by spread", "too few")
        }
        listed = [f"{result}: {', '.join(names)}" for result, names in scenarios.items() if names]
        return "; ".join(listed) or ("yes" if "yes" in results.values() else "-")


def names_for(strategies: str, scenario: str) -> list[str]:
    """Returns the strategies that are defined for a scenario.

    Args:
        strategies: names separated by commas, or 'all'.
    """
    names = registry.names("strategies") if strategies == "all" else strategies.split(",")
    return [name for name in names if scenario in registry.strategy(name).scenarios]


def cell(row: dict | None) -> str:
    """Returns mean and standard error of a row of a summary; empty without a row."""
    if row is None:
        return ""
    sem = f" ± {row['sem']:.2f}" if row["sem"] is not None else ""
    return f"{row['mean']:.2f}{sem}" + (f" ({row['published']:.2f})" if row["published"] else "")
