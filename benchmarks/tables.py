"""Tables of many runs: made side by side, each kept when it ends, summed up as JSON and as a
Markdown table.
"""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tqdm import tqdm

from lifelong import metrics, registry
from lifelong.config import RunConfig
from lifelong.runs import comparison
from lifelong.training import experiment

RESULTS = Path(__file__).parent / "results"
ENOUGH = 5  # seeds: the order of the classes alone moves an accuracy by several points
NEAR = 1.5  # points from the published mean, or three of its standard errors where that is more
KEPT = ("scenario", "strategy", "seed", "precision", "seconds", "stored")


@dataclass(frozen=True)
class Table:
    """One table. name: of its files under results/. published: (mean, standard error) by scenario
    and strategy, in percent.

    The standard error is None where the published figure is of another network, and cannot be
    agreed with.
    """

    name: str
    published: dict[str, dict[str, tuple[float, float | None]]]

    @property
    def _runs(self) -> Path:
        return RESULTS / f"{self.name}_runs.jsonl"

    def finished(self) -> list[dict]:
        """Every run made so far."""
        return (
            [json.loads(line) for line in self._runs.read_text().splitlines()]
            if self._runs.exists()
            else []
        )

    def make(
        self,
        wanted: Iterable[RunConfig],
        processes: int | None = None,
        more: Callable[[dict], dict] = lambda report: {},
    ) -> None:
        """Makes the runs that are not there yet, and keeps each as it ends; `more` is told beside,
        from its report.
        """
        done = {(row["scenario"], row["strategy"], row["seed"]) for row in self.finished()}
        missing = [
            experiment.resolve(c) for c in wanted if (c.scenario, c.strategy, c.seed) not in done
        ]
        for report in (
            tqdm(comparison.race(missing, processes, clock=time.process_time), total=len(missing))
            if missing
            else ()
        ):
            row = {name: report[name] for name in KEPT} | more(report)
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

    def write(self, more: dict | None = None) -> list[dict]:
        """Writes the summary, one row for each strategy and scenario, with `more` in each; returns
        it.
        """
        groups: dict[tuple[str, str], list[dict]] = {}
        for row in self.finished():
            groups.setdefault((row["scenario"], row["strategy"]), []).append(row)
        summary = [self._row(*key, group) | (more or {}) for key, group in sorted(groups.items())]
        (RESULTS / f"{self.name}.json").write_text(json.dumps(summary, indent=1) + "\n")
        return summary

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
        """Whether a row of the summary lies as near to the published mean as it should.

        'yes': within NEAR points or three published standard errors; 'by spread': within three of
        the difference, which counts our own spread too; else 'no'.
        """
        _mean, sem = self.published[row["scenario"]].get(row["strategy"], (None, None))
        if sem is None:
            return "-"
        if row["n"] < ENOUGH:
            return "too few"
        apart = abs(row["mean"] - row["published"])
        if apart <= max(NEAR, 3 * sem):
            return "yes"
        return "by spread" if apart <= 3 * (sem**2 + row["sem"] ** 2) ** 0.5 else "**no**"

    def markdown(self, summary: list[dict]) -> str:
        """The summary as a Markdown table: a row a strategy, a column a scenario, published figures
        in brackets.
        """
        by_strategy: dict[str, dict[str, dict]] = {}
        for row in summary:
            by_strategy.setdefault(row["strategy"], {})[row["scenario"]] = row
        lines = [
            f"| strategy | {' | '.join(self.published)} | n | agrees | seconds |",
            "|---" * (len(self.published) + 4) + "|",
        ]
        for strategy, rows in sorted(by_strategy.items()):
            checked = {scenario: self.agrees(row) for scenario, row in rows.items()}
            told = {
                v: [scenario for scenario in self.published if checked.get(scenario) == v]
                for v in ("**no**", "by spread", "too few")
            }
            verdict = "; ".join(
                f"{v}: {', '.join(where)}" for v, where in told.items() if where
            ) or ("yes" if "yes" in checked.values() else "-")
            counts = ", ".join(str(n) for n in sorted({row["n"] for row in rows.values()}))
            seconds = max(
                (row["seconds"] for row in rows.values() if row["seconds"] is not None),
                default=None,
            )
            cells = " | ".join(_cell(rows.get(scenario)) for scenario in self.published)
            lines.append(
                f"| `{strategy}` | {cells} | {counts} | {verdict} | "
                f"{'' if seconds is None else f'{seconds:.0f}'} |"
            )
        return "\n".join(lines)


def chosen(strategies: str, scenario: str) -> list[str]:
    """The strategies of a list with commas, or all, that are defined for a scenario."""
    names = registry.names("strategies") if strategies == "all" else strategies.split(",")
    return [name for name in names if scenario in registry.strategy(name).scenarios]


def _cell(row: dict | None) -> str:
    if row is None:
        return ""
    sem = f" ± {row['sem']:.2f}" if row["sem"] is not None else ""
    return f"{row['mean']:.2f}{sem}" + (f" ({row['published']:.2f})" if row["published"] else "")
