"""Tables on standard output: with colours on a terminal, plain where they are piped."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from ..formatting import duration, percent, size, tenths


@dataclass(frozen=True)
class Column:
    """Column of a comparison. better: 1 where more is better, -1 where less is.

    value: of a row, None where there is none. text: of a row with that value.
    """

    title: str
    better: int
    value: Callable[[dict[str, Any]], float | None]
    text: Callable[[dict[str, Any]], str]


def _share(name: str) -> Callable[[dict[str, Any]], str]:
    def text(row: dict[str, Any]) -> str:
        mean, error = row["mean"][name], row["sem"][name]
        return percent(mean) if error is None else f"{tenths(mean)} ± {percent(error)}"

    return text


def _mean(name: str) -> Callable[[dict[str, Any]], float | None]:
    return lambda row: row["mean"][name]


def _stored(row: dict[str, Any]) -> float:
    return float(sum((row["stored"] or {}).values()))


COLUMNS = (
    Column("accuracy", 1, _mean("average_accuracy"), _share("average_accuracy")),
    Column("forgetting", -1, _mean("forgetting"), _share("forgetting")),
    Column("stored", -1, _stored, lambda row: size(int(_stored(row)))),
    Column("training", -1, _mean("seconds"), lambda row: duration(row["mean"]["seconds"])),
)


def print_comparison(rows: Sequence[dict[str, Any]]) -> None:
    """Prints one row a strategy with the best of each column marked, and a sentence about them."""
    console = Console(highlight=False)
    table = Table(box=box.SIMPLE_HEAD if console.is_terminal else None, pad_edge=False)
    table.add_column("strategy")
    table.add_column("n", justify="right")
    for column in COLUMNS:
        table.add_column(column.title, justify="right")
    for row in rows:
        cells = [_cell(column, row, rows) for column in COLUMNS]
        table.add_row(row["strategy"], str(row["n"]), *cells)
    console.print(table)
    console.print(sentence(rows), soft_wrap=True)


def _cell(column: Column, row: dict[str, Any], rows: Sequence[dict[str, Any]]) -> str:
    value = column.value(row)
    if value is None:
        return "–"
    values = [column.better * v for each in rows if (v := column.value(each)) is not None]
    is_best = len(set(values)) > 1 and column.better * value == max(values)
    # A star, too: colours are not piped.
    return f"[bold green]{column.text(row)} *[/]" if is_best else f"{column.text(row)}  "


def sentence(rows: Sequence[dict[str, Any]]) -> str:
    """Returns which strategy gets most right after all tasks, and which one least."""
    text, ranked = (
        _share("average_accuracy"),
        sorted(rows, key=lambda row: -row["average_accuracy"]),
    )
    best, last = ranked[0], ranked[-1]
    runs = best["n"]
    n = f"(n = {runs}; ± is the standard error)" if runs > 1 else "(one seed)"
    if last is not best and last["average_accuracy"] == best["average_accuracy"]:
        return f"All get as much right after all tasks: {text(best)} {n}."
    words = f"{best['strategy']} gets most right after all tasks: {text(best)}"
    if last["average_accuracy"] < best["average_accuracy"]:
        words += f", {last['strategy']} least: {text(last)}"
    return f"{words} {n}."
