"""The comparison as files: CSV, JSON and the rows of a LaTeX table. Pure."""

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd

from app.views.compare.summary import COLUMNS, Column, Summary, Value, shown_columns
from lifelong import api

UNITS = {  # in the LaTeX table: sign, factor and digits
    "%": (r"\%", 100, 1),
    "bytes": ("MB", 1e-6, 2),
    "seconds": ("s", 1, 1),
    "operations": ("GMAC", 1e-9, 2),
}
LATEX = {  # characters that LaTeX would take for markup
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def rows(summaries: Sequence[Summary]) -> list[dict[str, Any]]:
    """Returns a row for each configuration; shares in [0, 1], bytes, seconds; null if unknown."""
    return [
        {
            "strategy": s.title,
            "after_tasks": s.after,
            "seeds": s.n,
            **{
                f"{column.name}{suffix}": part
                for column in COLUMNS
                for suffix, part in _parts(s.values[column.name])
            },
        }
        for s in summaries
    ]


def _parts(value: Value | None) -> list[tuple[str, float | None]]:
    return [("", value.mean if value else None), ("_sem", value.sem if value else None)]


def csv(summaries: Sequence[Summary]) -> str:
    """Returns the table as CSV, empty where a value is unknown."""
    return pd.DataFrame(rows(summaries)).to_csv(index=False, lineterminator="\n")


def as_json(summaries: Sequence[Summary]) -> str:
    """Returns the table as JSON, with the configuration and the report of every run."""
    content = [
        {
            **row,
            "configuration": s.configuration.config.model_dump(mode="json", exclude={"seed"}),
            "runs": [
                history.report(run)
                for run, history in zip(s.configuration.runs, s.configuration.histories)
            ],
        }
        for s, row in zip(summaries, rows(summaries))
    ]
    return json.dumps(content, indent=1)


def latex(summaries: Sequence[Summary]) -> str:
    r"""Returns a table for the package booktabs: mean and standard error, a row a configuration."""
    columns = shown_columns(summaries)
    head = " & ".join(["Strategy", *map(_head, columns), "$n$"])
    lines = [
        r"\begin{tabular}{l" + "r" * (len(columns) + 1) + "}",
        r"\toprule",
        rf"{head} \\",
        r"\midrule",
        *[_latex_row(summary, columns) for summary in summaries],
        r"\bottomrule",
        r"\end{tabular}",
    ]
    scenario = summaries[0].configuration.config if summaries else None
    about = f"% {_about(scenario)}\n" if scenario else ""
    return about + "\n".join(lines) + "\n"


def _about(config: api.RunConfig) -> str:
    return f"{config.dataset}, {config.rules.short_title}, {config.tasks} tasks, {config.recipe}"


def _head(column: Column) -> str:
    return f"{column.title} ({UNITS[column.unit][0]})"


def _latex_row(summary: Summary, columns: Sequence[Column]) -> str:
    cells = [escaped(summary.title)]
    for column in columns:
        _, scale, digits = UNITS[column.unit]
        cells.append(_latex_cell(summary.values[column.name], scale, digits))
    return rf"{' & '.join([*cells, str(summary.n)])} \\"


def _latex_cell(value: Value | None, scale: float, digits: int) -> str:
    if value is None:
        return "--"
    mean = f"{scale * value.mean:.{digits}f}"
    error = "" if value.sem is None else rf" \pm {scale * value.sem:.{digits}f}"
    return f"${mean}{error}$"


def escaped(text: str) -> str:
    r"""Returns a text as LaTeX prints it.

    >>> escaped("a_b & 5%")
    'a\\_b \\& 5\\%'
    """
    return "".join(LATEX.get(character, character) for character in text)
