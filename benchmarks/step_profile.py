"""Measures where the time of a training step goes.

    python -m benchmarks.step_profile [--only NAME ...]

For each strategy, the paper's recipe, class scenario, images made up, in fp32: the milliseconds of
a step of the second task, by one thread and with the second core, and of the former the shares of
matrix products, of the optimiser, of taking images from memory, of all other tensor operations
(activations, losses, sums, penalties), and of what is left: Python. The operations are timed by
torch's profiler, the step without it. Writes benchmarks/results/step_profile.json and prints the
table.
"""

import json
from pathlib import Path
from statistics import median

import click
from torch.profiler import ProfilerActivity, profile

from benchmarks.pages import page_section
from lifelong import registry
from lifelong.config import RunConfig
from lifelong.numerics import cores, hardware
from lifelong.training import benchmark

FILE = Path(__file__).parent / "results" / "step_profile.json"
STRATEGIES = ("finetune", "replay", "ewc", "si", "lwf", "agem", "icarl", "dgr", "bi-r")
KINDS = {
    "products": ("aten::mm", "aten::addmm", "aten::addmm_", "aten::bmm", "aten::mv"),
    "optimiser": ("aten::_fused_adam_",),
    "images": ("aten::index_select", "aten::index", "aten::randperm", "aten::to", "aten::_to_copy"),
}
ROUNDS = 9


def measure(strategy: str) -> dict[str, float]:
    """Returns milliseconds of a step, in all and by kind."""
    config = RunConfig(strategy=strategy, scenario="class", recipe="paper", precision="fp32")
    once = benchmark.stepper(config, benchmark.toy_dataset())
    times: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(ROUNDS):
        for busy, found in times.items():
            with cores.kept_busy(busy):
                found.append(once())
    whole = median(times[True])
    with cores.kept_busy(), profile(activities=[ProfilerActivity.CPU]) as profiler:
        once()
    by_kind = dict.fromkeys((*KINDS, "others"), 0.0)
    for event in profiler.key_averages():
        if event.key.startswith("aten::"):
            kind = next((name for name, keys in KINDS.items() if event.key in keys), "others")
            by_kind[kind] += event.self_cpu_time_total / 1000 / benchmark.STEPS
    rest = {"Python": max(0.0, whole - sum(by_kind.values()))}
    return {"step": whole, "with the second core": median(times[False]), **by_kind, **rest}


def table(found: dict[str, dict[str, float]]) -> str:
    """Returns the milliseconds as a Markdown table."""
    lines = []
    for name, row in found.items():
        if not lines:
            lines = [f"| strategy | {' | '.join(row)} |", "|---" * (len(row) + 1) + "|"]
        lines.append(f"| `{name}` | {' | '.join(f'{value:.2f}' for value in row.values())} |")
    return "\n".join(lines)


def section() -> str:
    """Returns the section of docs/benchmarks.md."""
    text = (
        "`python -m benchmarks.step_profile`: milliseconds of a step in fp32, by one thread and"
        " with the second core; of one thread's by kind of operation. torch's profiler times the"
        " operations, the step is timed without it."
    )
    return page_section("Where a step's time goes", text, table(json.loads(FILE.read_text())))


@click.command(help=__doc__)
@click.option("--only", multiple=True, type=click.Choice(list(registry.strategies())))
def main(only: tuple[str, ...]) -> None:
    found = json.loads(FILE.read_text()) if FILE.exists() else {}
    with hardware.threads(benchmark.THREADS):
        for name in only or STRATEGIES:
            found[name] = measure(name)
    FILE.write_text(json.dumps(found, indent=1) + "\n")
    click.echo(table(found))


if __name__ == "__main__":
    main()
