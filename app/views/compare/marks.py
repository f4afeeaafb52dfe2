"""Colour, shape and sign of each line, the same in every chart and in the legend."""

from collections.abc import Sequence
from html import escape

import altair as alt

from lifelong.charts.chart_scales import COLOURS, INK

CUMULATIVE = "Cumulative"  # the dashed line of cumulative training
SHAPES = {  # with the letters for them
    "circle": "●",
    "square": "■",
    "triangle-up": "▲",
    "diamond": "◆",
    "triangle-down": "▼",
    "triangle-right": "▶",
}
CROSS = "✚"  # of cumulative training
NARROW = "containerSize()[0] < 560"  # a Vega expression: a chart on a phone


def _own(titles: Sequence[str]) -> list[str]:
    return [title for title in titles if title != CUMULATIVE]


def colours(titles: Sequence[str]) -> alt.Color:
    """Returns a colour for each line; cumulative training has the page's ink."""
    own = _own(titles)
    by_rank = [COLOURS[rank % len(COLOURS)] for rank in range(len(own))]
    scale = alt.Scale(domain=[*own, CUMULATIVE], range=[*by_rank, INK])
    return alt.Color("line:N", scale=scale, legend=None)


def shapes(titles: Sequence[str]) -> alt.Shape:
    """Returns a shape for each line; cumulative training has a cross."""
    own, names = _own(titles), list(SHAPES)
    by_rank = [names[rank % len(names)] for rank in range(len(own))]
    scale = alt.Scale(domain=[*own, CUMULATIVE], range=[*by_rank, "cross"])
    return alt.Shape("line:N", scale=scale, legend=None)


def signs(titles: Sequence[str]) -> dict[str, str]:
    """Returns the shape of each line as a letter, for labels."""
    letters = list(SHAPES.values())
    by_title = {title: letters[rank % len(letters)] for rank, title in enumerate(_own(titles))}
    return by_title | {CUMULATIVE: CROSS}


def legend(titles: Sequence[str], choices: Sequence[str] = (), chosen: str | None = None) -> str:
    """Returns the names of the lines with their signs, as HTML.

    choices: those that are buttons, of which one may be chosen.
    """
    letters = signs(titles) | {CUMULATIVE: "╌"}
    hues = {title: COLOURS[rank % len(COLOURS)] for rank, title in enumerate(_own(titles))}
    items = []
    for title in titles:
        colour, name = hues.get(title, INK), escape(title)
        entry = f'<span style="color:{colour}" aria-hidden="true">{letters[title]}</span> {name}'
        if title in choices:
            pressed = str(title == chosen).lower()
            attributes = f'type="button" data-line="{name}" aria-pressed="{pressed}"'
            entry = f"<button {attributes}>{entry}</button>"
        items.append(f"<li>{entry}</li>")
    return f'<ul class="legend" aria-label="Lines of the charts">{"".join(items)}</ul>'
