"""Makes the section about growth of docs/benchmarks.md, and its chart, from the measured figures.

    python -m benchmarks.growth_page

Writes docs/pictures/growth.svg; `benchmarks.speed --no-measure` writes the page.
"""

import json
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd

from benchmarks.growth import CLASSES, FILE, IMAGES, STEPS, TASKS
from lifelong.formatting import size

CHART = Path(__file__).parent.parent / "docs" / "pictures" / "growth.svg"
FIRST = 2  # the task from which growth counts: the first one has nothing to remember
FLAT = 1.1
Row = dict[str, Any]
NAMED = {"tasks": FLAT, "classes": 3, "images": FLAT}  # ratios from which a line has a name
AXES = {"tasks": "tasks learned", "classes": "classes", "images": "stored images"}
HEAD = f"""## Growth

`python -m benchmarks.growth`: random images of 28 x 28, 784-400-400 and an output for each class,
batches of 128, fp32, one thread; processor time, the median of 9 rounds of 5 steps, in which the
points of a strategy take turns. What follows from the formulas of [Strategies](strategies.md) grows
by design; all else may grow by a tenth at most from task {FIRST} to task {TASKS[-1]}.

![Time of a step by number of tasks, classes and stored images](pictures/growth.svg)
"""
EVALUATION = f"""Between tasks the evaluation grows in every strategy: after task {TASKS[-1]} it
looks at the test images of {TASKS[-1]} tasks, and the probes within a task are of as many. The
accuracies are a row of the matrix, so a record has T² / 2 of them.
"""


def rows(axis: str) -> list[Row]:
    """Returns the measured rows of an axis, by strategy and scenario."""
    found = [row for row in json.loads(FILE.read_text()) if row["axis"] == axis]
    return sorted(found, key=lambda row: (row["strategy"], row["scenario"]))


def point(row: Row, at: int) -> dict[str, float]:
    """Returns the figures of a row at a position of its axis."""
    found: dict[str, float] = next(each for each in row["points"] if each["at"] == at)
    return found


def ratio(row: Row, first: int, last: int) -> float:
    """Returns how many times the time of a step at one position is that at another."""
    return point(row, last)["step_ms"] / point(row, first)["step_ms"]


def _milliseconds(row: Row, first: int, last: int) -> str:
    growth = ratio(row, first, last)
    text = f"{growth:.2f}"
    return (
        f"{point(row, first)['step_ms']:.2f} | {point(row, last)['step_ms']:.2f} | "
        f"{f'**{text}**' if growth > FLAT else text}"
    )


def _bytes(row: Row, name: str, first: int, last: int) -> str:
    before, after = (size(int(point(row, at)[name])) for at in (first, last))
    return before if before == after else f"{before} → {after}"


def _table(axis: str, first: int, last: int, extra: bool = False) -> str:
    names = ("step_bytes", "state_bytes", "checkpoint_bytes")
    titles = [
        "strategy", "scenario", f"step at {first:,}, ms", f"at {last:,}", "ratio",
        "memory of a step", "state in training", "checkpoint",
    ]  # fmt: skip
    titles += ["start and end of a task, ms", "1,000 answers, ms"] if extra else []
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    for row in rows(axis):
        cells = [f"`{row['strategy']}`", row["scenario"], _milliseconds(row, first, last)]
        cells += [_bytes(row, name, first, last) for name in names]
        if extra:
            around = [point(row, at)["around_ms"] for at in (first, last)]
            cells.append(f"{around[0]:.0f} → {around[1]:.0f}")
            cells.append(f"{point(row, last)['answer_ms']:.0f}")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def section() -> str:
    """Returns the section."""
    grown = [row for row in rows("tasks") if ratio(row, FIRST, TASKS[-1]) > FLAT]
    names = ", ".join(f"`{row['strategy']}` ({row['scenario']})" for row in grown) or "none"
    return "\n".join(
        [
            HEAD,
            f"### Tasks: from {FIRST} to {TASKS[-1]}, of two classes each\n",
            f"Tasks are learned in {STEPS} steps of 128 images. A step that grew by more than a"
            f" tenth: {names}.\n",
            _table("tasks", FIRST, TASKS[-1], extra=True),
            EVALUATION,
            f"### Classes: from {CLASSES[0]} to {CLASSES[-1]:,}, in two tasks\n",
            _table("classes", CLASSES[0], CLASSES[-1]),
            f"### Stored images: from {IMAGES[1]:,} to {IMAGES[-1]:,}\n",
            _table("images", IMAGES[1], IMAGES[-1]),
        ]
    )


def chart() -> alt.HConcatChart:
    """Returns the time of a step beside that at the first position, a panel an axis."""
    panels = []
    for axis, title in AXES.items():
        data = pd.DataFrame(
            {
                "at": each["at"],
                "ratio": each["step_ms"] / row["points"][0 if axis == "classes" else 1]["step_ms"],
                "name": f"{row['strategy']} ({row['scenario']})",
            }
            for row in rows(axis)
            for each in row["points"][0 if axis == "classes" else 1 :]
        )
        last = data.groupby("name").tail(1)
        base = alt.Chart(data).encode(
            x=alt.X(
                "at:Q",
                title=title,
                scale=alt.Scale(type="log", nice=False),
                axis=alt.Axis(grid=False),
            ),
            y=alt.Y(
                "ratio:Q",
                title="time of a step",
                scale=alt.Scale(type="log", domain=[0.4, 16], nice=False),
                axis=alt.Axis(values=[0.5, 1, 2, 4, 8, 16]),
            ),
        )
        lines = base.mark_line(opacity=0.5).encode(detail="name:N")
        names = last[last["ratio"] > NAMED[axis]]
        text = alt.Chart(names).mark_text(align="right", dy=-6, fontSize=9)
        text = text.encode(x="at:Q", y="ratio:Q", text="name:N")
        panels.append(alt.layer(lines, text).properties(width=260, height=260))
    return alt.hconcat(*panels)


def main() -> None:
    """Writes the chart."""
    chart().save(str(CHART))


if __name__ == "__main__":
    main()
