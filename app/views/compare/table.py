"""Table of the configurations: values, the best of each column marked."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from app.views.compare import summary, text
from app.views.compare.configurations import Configuration
from app.views.compare.summary import COLUMNS, Column, Summary
from lifelong import api

NO_REFERENCE = "no reference run"
AS_GIVEN = "as chosen"
state = st.session_state


def sort_control(summaries: Sequence[Summary]) -> str:
    """Shows the choice of the column to sort by, and returns it."""
    titles = {AS_GIVEN: "As chosen"} | {c.name: c.title for c in summary.shown_columns(summaries)}
    st.segmented_control(
        "Sort by",
        list(titles),
        default=AS_GIVEN,
        key="sort",
        required=True,
        wrap=True,
        format_func=titles.__getitem__,
        bind="query-params",
    )
    return str(state["sort"] or AS_GIVEN)


def ordered(summaries: Sequence[Summary], by: str) -> list[Summary]:
    """Returns the configurations by a column, the best first and those without a value last."""
    column = next((column for column in COLUMNS if column.name == by), None)
    if column is None:
        return list(summaries)
    sign = column.better or -1

    def position(of: Summary) -> tuple[bool, float]:
        value = of.values[column.name]
        return value is None, 0.0 if value is None else -sign * value.mean

    return sorted(summaries, key=position)


def html(summaries: Sequence[Summary], by: str, chosen: Configuration | None = None) -> str:
    """Returns the table.

    by: the name of the column that it is sorted by. chosen: the configuration that stands out.
    """
    meanings = {metric.name: metric.meaning for metric in api.metrics()}
    columns = summary.shown_columns(summaries)
    heads = [
        f'<th scope="col" title="{escape(column.meaning or meanings[column.name])}"'
        f"{_sorted_by(column, by)}>{column.title}</th>"
        for column in columns
    ]
    bests = {column.name: summary.best(summaries, column) for column in columns}
    rows = []
    for position, each in enumerate(summaries):
        cells = [_cell(each, column, position in bests[column.name]) for column in columns]
        name = escape(each.title)
        current = ' aria-current="true"' if each.configuration is chosen else ""
        head = f'<th scope="row"{current}>{name}</th>'
        rows.append(f"<tr>{head}{''.join(cells)}<td>{each.n}</td></tr>")
    head = f'<tr><th scope="col">Strategy</th>{"".join(heads)}<th scope="col">Seeds</th></tr>'
    return (
        '<div class="comparison" tabindex="0" role="region" aria-label="Table of the strategies">'
        f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _sorted_by(column: Column, by: str) -> str:
    if column.name != by:
        return ""
    return f' aria-sort="{"descending" if column.better > 0 else "ascending"}"'


def _cell(of: Summary, column: Column, is_best: bool) -> str:
    content = escape(cell(of, column))
    return f"<td><b>{text.MARK} {content}</b></td>" if is_best else f"<td>{content}</td>"


def cell(of: Summary, column: Column) -> str:
    """Returns one cell: the value with its standard error, or why there is none."""
    value = of.values[column.name]
    if column.name == "forgotten" and of.configuration.is_reference:
        return "the reference" if of.n else "–"
    if value is not None:
        fewer = f" (n = {value.n})" if value.n < of.n else ""
        return f"{column.text(value)}{fewer}"
    if column.name in summary.SPLIT and text.lacks_reference(of):
        return NO_REFERENCE
    return "not recorded" if of.n and column.name not in summary.SPLIT else "–"
