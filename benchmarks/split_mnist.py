"""Split MNIST with the paper recipe, every strategy in every scenario, beside the published numbers.

    python -m benchmarks.split_mnist --seeds 0,1,2,3,4

Runs are made side by side, one on each core. Every finished run is kept in results/split_mnist_runs.jsonl, so that the
script goes on where it stopped. The summary goes to results/split_mnist.json: {strategy, scenario, n, mean, sem,
published, seconds}, accuracies in percent, seconds the median over runs of the processor's time in training (a run has one
thread, so it is what one takes on a machine with nothing else to do). Every setting is its default.
"""

import json
import time
from pathlib import Path
from statistics import median

import click
from tqdm import tqdm

from lifelong import comparison, config, experiment, metrics, registry

RESULTS = Path(__file__).parent / "results"
RUNS = RESULTS / "split_mnist_runs.jsonl"

# van de Ven, Tuytelaars and Tolias, Nature Machine Intelligence 2022: average accuracy and its standard error, 20 seeds.
PUBLISHED = {
    "task": {"finetune": (84.32, 0.99), "joint": (99.67, 0.03), "separate": (99.57, 0.03), "xdg": (98.74, 0.29), "ewc": (99.06, 0.15),
             "si": (99.20, 0.11), "lwf": (99.60, 0.03), "replay": (98.98, 0.07), "agem": (98.56, 0.12), "dgr": (99.50, 0.03),
             "bi-r": (99.61, 0.03)},
    "domain": {"finetune": (60.13, 1.66), "joint": (98.59, 0.05), "ewc": (63.03, 1.58), "si": (66.94, 1.13), "lwf": (71.18, 1.42),
               "replay": (93.75, 0.24), "agem": (80.86, 1.40), "dgr": (95.57, 0.29), "bi-r": (97.26, 0.15)},
    # SI in the class scenario: published figures differ, from 21 to 24.
    "class": {"finetune": (19.89, 0.02), "joint": (98.17, 0.04), "ewc": (20.64, 0.52), "lwf": (21.89, 0.32), "replay": (88.79, 0.20),
              "agem": (65.10, 3.64), "icarl": (92.49, 0.12), "dgr": (90.35, 0.24), "bi-r": (94.41, 0.15),
              "generative-classifier": (93.82, 0.06)},
}
# The same accuracy under another name.
PUBLISHED["task"]["cumulative"], PUBLISHED["domain"]["cumulative"], PUBLISHED["class"]["cumulative"] = (
    PUBLISHED[scenario]["joint"] for scenario in ("task", "domain", "class")
)
ENOUGH = 5  # seeds: the order of the classes alone moves an accuracy by several points
NEAR = 1.5  # points from the published mean, or three of its standard errors where that is more


def agrees(row: dict) -> str:
    """Whether a row of the summary lies as near to the published mean as it should."""
    if row["published"] is None:
        return "-"
    if row["n"] < ENOUGH:
        return "too few"
    _mean, sem = PUBLISHED[row["scenario"]][row["strategy"]]
    return "yes" if abs(row["mean"] - row["published"]) <= max(NEAR, 3 * sem) else "**no**"


@click.command()
@click.option("--strategies", default="all", show_default=True)
@click.option("--scenarios", default="class,task,domain", show_default=True)
@click.option("--seeds", default="0,1,2,3,4", show_default=True)
@click.option("--processes", type=int, help="Runs at a time.  [default: as many as there are cores]")
def main(strategies: str, scenarios: str, seeds: str, processes: int | None) -> None:
    """Runs what is not there yet, then writes the summary."""
    names = registry.names("strategies") if strategies == "all" else strategies.split(",")
    done = {(row["scenario"], row["strategy"], row["seed"]) for row in finished()}
    wanted = [
        experiment.resolve(config.make(dataset="mnist", scenario=scenario, strategy=name, seed=int(seed), recipe="paper"))
        for seed in seeds.split(",") for scenario in scenarios.split(",") for name in names
        if scenario in registry.strategy(name).scenarios and (scenario, name, int(seed)) not in done
    ]
    for report in tqdm(comparison.race(wanted, processes, clock=time.process_time), total=len(wanted)) if wanted else ():
        keep(report)
    summary = summarise(finished())
    (RESULTS / "split_mnist.json").write_text(json.dumps(summary, indent=1) + "\n")
    click.echo(table(summary))


def finished() -> list[dict]:
    """Every run made so far."""
    return [json.loads(line) for line in RUNS.read_text().splitlines()] if RUNS.exists() else []


def keep(report: dict) -> None:
    """Adds a run to those made so far."""
    if "sample" in report["source"]:
        raise SystemExit("This table is of the whole of MNIST, but only the embedded sample was found; set LIFELONG_DATA.")
    row = {name: report[name] for name in ("scenario", "strategy", "seed", "precision", "seconds", "stored")}
    row |= {"accuracy": 100 * report["average_accuracy"], "forgetting": 100 * report["forgetting"]}
    tqdm.write(f"{row['scenario']:<7}{row['strategy']:<22}seed {row['seed']}  {row['accuracy']:6.2f} %  {row['seconds']:6.1f} s")
    with open(RUNS, "a") as out:
        out.write(json.dumps(row) + "\n")


def summarise(rows: list[dict]) -> list[dict]:
    """One row for each strategy and scenario."""
    groups: dict[tuple[str, str], list[dict]] = {}
    for row in rows:
        groups.setdefault((row["strategy"], row["scenario"]), []).append(row)
    summary = []
    for (strategy, scenario), group in sorted(groups.items(), key=lambda item: (item[0][1], item[0][0])):
        mean, sem = metrics.mean_and_sem([row["accuracy"] for row in group])
        seconds = [row["seconds"] for row in group if row["seconds"] is not None]
        summary.append({"strategy": strategy, "scenario": scenario, "n": len(group), "mean": round(mean, 2),
                        "sem": None if sem is None else round(sem, 2), "published": PUBLISHED[scenario].get(strategy, (None,))[0],
                        "seconds": round(median(seconds), 1) if seconds else None})
    return summary


def table(summary: list[dict]) -> str:
    """The summary as a Markdown table: a row a strategy, a column a scenario, published figures in brackets."""
    by_strategy: dict[str, dict[str, dict]] = {}
    for row in summary:
        by_strategy.setdefault(row["strategy"], {})[row["scenario"]] = row
    lines = ["| strategy | class | task | domain | n | agrees | seconds |", "|---|---|---|---|---|---|---|"]
    for strategy, rows in sorted(by_strategy.items()):
        checked = {agrees(row) for row in rows.values()} - {"-"}
        verdict = next((v for v in ("**no**", "too few", "yes") if v in checked), "-")
        counts = sorted({row["n"] for row in rows.values()})
        seconds = max((row["seconds"] for row in rows.values() if row["seconds"] is not None), default=None)
        cells = [_cell(rows.get(scenario)) for scenario in ("class", "task", "domain")]
        lines.append(f"| `{strategy}` | {' | '.join(cells)} | {', '.join(map(str, counts))} | {verdict} | {'' if seconds is None else f'{seconds:.0f}'} |")
    return "\n".join(lines)


def _cell(row: dict | None) -> str:
    if row is None:
        return ""
    sem = f" ± {row['sem']:.2f}" if row["sem"] is not None else ""
    return f"{row['mean']:.2f}{sem}" + (f" ({row['published']:.2f})" if row["published"] else "")


if __name__ == "__main__":
    main()
