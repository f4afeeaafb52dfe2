"""Measures how fast the library and the app are, and writes docs/benchmarks.md.

    LIFELONG_DATA=... python -m benchmarks.speed [--no-measure]

Alone on the machine: the milliseconds of a training step of each strategy (`lifelong bench`), the
seconds of `lifelong compare --strategies all` with the quick recipe on all of MNIST, the seconds
from the shell to a list of runs, and the latency of the app (`benchmarks.app`). Writes
benchmarks/results/speed.json; with --no-measure only the page, from that file. A `remark` on the
circumstances may be added to the file by hand.
"""

import json
import os
import platform
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import click

from benchmarks import contention, growth_page, peers, shortcuts, startup, step_profile
from lifelong.formatting import plural

FILE = Path(__file__).parent / "results" / "speed.json"
PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
OTHERS = (
    startup,
    step_profile,
    growth_page,
    peers,
    shortcuts,
    contention,
)  # with figures of their own, for the same page
SCENARIOS = ("class", "task", "domain")
HEAD = """# Speed

Made by `python -m benchmarks.speed`. Times depend on the machine: compare ratios, measured side by
side. Speeds of deep networks are in [Results](results.md).
"""
NOTES = """A run of so small a network has one thread, and one run is trained on each core. A run
that is alone uses a second core, too, as long as that makes its steps faster: two threads share a
large product, a step of the optimiser and a penalty, and DGR's two networks and A-GEM's two
gradients are computed at the same time. The bits are those of one thread: a product in which two
threads would add up in another order has one. A run computes in bf16 if the processor is faster in
it.
"""


def measure() -> dict[str, Any]:
    """Returns all figures."""
    return {
        "machine": f"{_processor()}, {plural(os.cpu_count() or 1, 'core')}",
        "python": platform.python_version(),
        "measured": date.today().isoformat(),
        "list_seconds": [_seconds("runs") for _ in range(5)],
        "bench": json.loads(_output("-m", "lifelong", "bench", "--json")),
        "compare": {scenario: _compare(scenario) for scenario in SCENARIOS},
        "app": json.loads(_output("-m", "benchmarks.app")),
    }


def _processor() -> str:
    """Returns the name of the processor, as Linux tells it."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def _output(*arguments: str) -> str:
    process = subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.PIPE)
    return process.stdout.decode()


def _seconds(*command: str) -> float:
    clock = time.perf_counter()
    _output("-m", "lifelong", *command)
    return round(time.perf_counter() - clock, 2)


def _compare(scenario: str) -> dict[str, float]:
    """Returns the number of strategies and the seconds of learning them all."""
    clock = time.perf_counter()
    command = ("compare", "--strategies", "all", "--scenario", scenario, "--json")
    rows = json.loads(_output("-m", "lifelong", *command))
    return {"strategies": len(rows), "seconds": round(time.perf_counter() - clock, 1)}


def document(found: dict[str, Any]) -> str:
    """Returns the page of these figures."""
    about = f"Machine: {found['machine']}, Python {found['python']}, {found['measured']}."
    about = f"{about} {found.get('remark', '')}".rstrip() + "\n"
    parts = [HEAD, about, _steps(found["bench"]), NOTES, _whole(found), _app(found["app"])]
    parts += [other.section() for other in OTHERS if other.FILE.exists()]
    return "\n".join(parts)


def _steps(bench: dict[str, Any]) -> str:
    """Returns the table of a step of each strategy."""
    bf16 = bench["bf16"]
    lines = [
        "## A training step\n",
        "`lifelong bench`: class-incremental, 784-400-400-10, batch 128, one thread. The eight"
        f" matrix products alone take {bench['floor_ms']:.2f} ms in fp32"
        + (f" and {bf16['floor_ms']:.2f} ms in bf16" if bf16 else "")
        + f"; the exact Fisher information of 12,000 images {bench['fisher_seconds']:.2f} s.\n",
        "| strategy | ms | x the products | x fine-tuning | ms in bf16 |",
        "|---|---|---|---|---|",
    ]
    for name, row in bench["steps"].items():
        half = f"{bf16['steps'][name]['ms']:.2f}" if bf16 else "-"
        lines.append(
            f"| `{name}` | {row['ms']:.2f} | {row['to_floor']:.2f} | {row['to_finetune']:.2f}"
            f" | {half} |"
        )
    return "\n".join([*lines, ""])


def _whole(found: dict[str, Any]) -> str:
    """Returns the seconds of whole commands."""
    rows = [
        f"| {scenario} | {row['strategies']} | {row['seconds']:.0f} |"
        for scenario, row in found["compare"].items()
    ]
    lines = [
        "## All strategies\n",
        "`lifelong compare --strategies all`, quick recipe, all of MNIST, one seed, from start to"
        " end of the command:\n",
        "| scenario | strategies | seconds |",
        "|---|---|---|",
        *rows,
        "",
        f"`lifelong runs` lists the shipped runs in {median(found['list_seconds']):.2f} s"
        f" (median of {len(found['list_seconds'])}).\n",
    ]
    return "\n".join(lines)


def _app(app: dict[str, Any]) -> str:
    """Returns the latencies of the app."""
    page, train = app["page"], app["train"]
    visits = len(train["end"])
    rows = [
        ("opening the page to a pad that takes strokes", f"{page['pad']:.2f} s", visits),
        ("opening the page to the pad that is answered", f"{page['answers']:.2f} s", visits),
        ("opening the page to the stored curve", f"{page['curve']:.2f} s", visits),
        (
            "a drawing to the predictions of all five checkpoints, on the server",
            f"{1000 * app['answer']['p50']:.1f} ms, 95th percentile"
            f" {1000 * app['answer']['p95']:.1f} ms",
            app["answer"]["n"],
        ),
        (
            "click on Learn to the first live point",
            f"{median(train['first_live_point']):.2f} s",
            visits,
        ),
        ("click on Learn to the end of a quick run", f"{median(train['end']):.2f} s", visits),
        ("click on Stop to the stored end of the run", f"{app['stop']:.2f} s", 1),
        ("SIGTERM to the end of the process, a tab open", f"{app['sigterm']:.2f} s", 1),
        ("start of the app to its first answer", f"{app['start']:.2f} s", 1),
    ]
    lines = [
        "## The app\n",
        "`python -m benchmarks.app`, headless Chromium on the same machine, server warm, an empty"
        " cache for each visit; medians:\n",
        "| from ... to ... | time | n |",
        "|---|---|---|",
        *(f"| {what} | {value} | {n} |" for what, value, n in rows),
    ]
    return "\n".join([*lines, ""])


@click.command()
@click.option("--measure/--no-measure", "measures", default=True, help="Measure, or only write.")
def main(measures: bool) -> None:
    """Measures, and writes the figures and the page."""
    if measures:
        FILE.write_text(json.dumps(measure(), indent=1) + "\n")
    PAGE.write_text(document(json.loads(FILE.read_text())), "utf-8")


if __name__ == "__main__":
    main()
