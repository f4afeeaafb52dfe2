"""Split MNIST with the paper recipe, beside the published numbers.

    python -m benchmarks.split_mnist --seeds 0,1,2

Every finished run is kept in results/split_mnist_runs.jsonl, so that the script goes on where it stopped. The summary
goes to results/split_mnist.json: {strategy, scenario, n, mean, sem, published, seconds}, accuracies in percent, seconds
the median training time of a run. Nothing is tuned here: every setting is the published one.
"""

import json
from pathlib import Path
from statistics import median

import click
from tqdm import tqdm

from lifelong import config, experiment, metrics, registry
from lifelong.history import History

RESULTS = Path(__file__).parent / "results"
RUNS = RESULTS / "split_mnist_runs.jsonl"

# van de Ven, Tuytelaars and Tolias, Nature Machine Intelligence 2022: average accuracy and its standard error, 20 seeds.
PUBLISHED = {
    "task": {"finetune": (84.32, 0.99), "joint": (99.67, 0.03), "ewc": (99.06, 0.15), "si": (99.20, 0.11), "lwf": (99.60, 0.03),
             "replay": (98.98, 0.07), "agem": (98.56, 0.12)},
    "domain": {"finetune": (60.13, 1.66), "joint": (98.59, 0.05), "ewc": (63.03, 1.58), "si": (66.94, 1.13), "lwf": (71.18, 1.42),
               "replay": (93.75, 0.24), "agem": (80.86, 1.40)},
    # SI in the class scenario: published figures differ, from 21 to 24.
    "class": {"finetune": (19.89, 0.02), "joint": (98.17, 0.04), "ewc": (20.64, 0.52), "lwf": (21.89, 0.32), "replay": (88.79, 0.20),
              "agem": (65.10, 3.64)},
}
NEAR = 1.5  # points from the published mean, or three of its standard errors where that is more


def agrees(row: dict) -> str:
    """Whether a row of the summary lies as near to the published mean as it should."""
    if row["published"] is None:
        return "no figure to check against"
    _mean, sem = PUBLISHED[row["scenario"]][row["strategy"]]
    return "yes" if abs(row["mean"] - row["published"]) <= max(NEAR, 3 * sem) else "**no**"


@click.command()
@click.option("--strategies", default="finetune,joint,ewc,si,lwf,replay,agem", show_default=True)
@click.option("--scenarios", default="class,task,domain", show_default=True)
@click.option("--seeds", default="0,1,2", show_default=True)
def main(strategies: str, scenarios: str, seeds: str) -> None:
    """Runs what is not there yet, then writes the summary."""
    wanted = [(scenario, strategy, int(seed)) for seed in seeds.split(",") for scenario in scenarios.split(",")
              for strategy in strategies.split(",") if scenario in registry.strategy(strategy).scenarios]
    done = {(row["scenario"], row["strategy"], row["seed"]) for row in finished()}
    for scenario, strategy, seed in tqdm([w for w in wanted if w not in done]):
        row = train(scenario, strategy, seed)
        tqdm.write(f"{scenario:<7}{strategy:<10}seed {seed}  {row['accuracy']:6.2f} %  {row['seconds']:6.1f} s")
        with open(RUNS, "a") as out:
            out.write(json.dumps(row) + "\n")
    summary = summarise(finished())
    (RESULTS / "split_mnist.json").write_text(json.dumps(summary, indent=1) + "\n")
    click.echo(table(summary))


def finished() -> list[dict]:
    """Every run made so far."""
    return [json.loads(line) for line in RUNS.read_text().splitlines()] if RUNS.exists() else []


def train(scenario: str, strategy: str, seed: int) -> dict:
    """One run in memory: its average accuracy in percent and the seconds of its training."""
    c = config.make(dataset="mnist", scenario=scenario, strategy=strategy, seed=seed, recipe="paper")
    story = History(c, tuple(experiment.run(c)))
    if "sample" in story.started.source:
        raise SystemExit("This table is of the whole of MNIST, but only the embedded sample was found; set LIFELONG_DATA.")
    return {"scenario": scenario, "strategy": strategy, "seed": seed, "accuracy": 100 * metrics.average_accuracy(story.accuracy),
            "forgetting": 100 * metrics.forgetting(story.accuracy), "seconds": story.seconds,
            "evaluating": story.learned[-1].evaluating}


def summarise(rows: list[dict]) -> list[dict]:
    """One row for each strategy and scenario."""
    groups: dict[tuple[str, str], list[dict]] = {}
    for row in rows:
        groups.setdefault((row["strategy"], row["scenario"]), []).append(row)
    summary = []
    for (strategy, scenario), group in sorted(groups.items(), key=lambda item: (item[0][1], item[0][0])):
        mean, sem = metrics.mean_and_sem([row["accuracy"] for row in group])
        summary.append({"strategy": strategy, "scenario": scenario, "n": len(group), "mean": round(mean, 2),
                        "sem": None if sem is None else round(sem, 2), "published": PUBLISHED[scenario].get(strategy, (None,))[0],
                        "seconds": round(median(row["seconds"] for row in group), 1)})
    return summary


def table(summary: list[dict]) -> str:
    """The summary as a Markdown table."""
    lines = ["| scenario | strategy | accuracy | published | agrees | n | seconds |", "|---|---|---|---|---|---|---|"]
    for r in summary:
        sem = f" ± {r['sem']:.2f}" if r["sem"] is not None else ""
        lines.append(f"| {r['scenario']} | `{r['strategy']}` | {r['mean']:.2f}{sem} | {r['published'] or '-'} | {agrees(r)} | {r['n']} | {r['seconds']:.0f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
