"""HTML of the Learn page's digits with their answers, strips, tables and bars."""

from collections.abc import Sequence
from html import escape

import numpy as np

from app.shared import terms
from app.shared.data_urls import data_url
from app.views.learn.digits import Digit, Read
from app.views.learn.words import Step
from lifelong import api
from lifelong.formatting import whole_percent

MARKS = {"right": "✓", "wrong": "✗", "new": "…", "unknown": ""}
SAID = {"right": "right", "wrong": "wrong", "new": "not taught yet", "unknown": ""}


def lead(step: Step) -> str:
    """Returns the text of a step, its terms explained on a tap."""
    return f'<p class="learn-lead">{terms.marked(step.text, step.terms)}</p>'


def note(text: str, explained: Sequence[str]) -> str:
    """Returns small print, its terms explained on a tap."""
    return f'<p class="learn-note">{terms.marked(text, explained)}</p>'


def alone(digit: Digit) -> str:
    """Returns one digit, large."""
    return f'<img class="learn-alone" alt="A {digit.name}" src="{picture(digit.pixels)}">'


def picture(pixels: np.ndarray) -> str:
    """Returns a digit, uint8 (28, 28), as a data URL."""
    return data_url(api.png(pixels))


def tiles(digits: Sequence[Digit], reads: Sequence[Read]) -> str:
    """Returns digits side by side, under each the answer, and whether it is right."""
    return f'<ul class="learn-tiles">{"".join(map(_tile, digits, reads))}</ul>'


def _tile(digit: Digit, read: Read) -> str:
    shows = f"A {escape(digit.name)}" if digit.name else "Your drawing"
    return (
        f'<li class="{read.state}"><img alt="{shows}" src="{picture(digit.pixels)}">'
        f"<span>{_answer(read)}</span></li>"
    )


def _answer(read: Read) -> str:
    if read.state == "new":
        return f"<i>{SAID['new']}</i>"
    return (
        f"<b>{escape(read.answer)}</b> <em>{MARKS[read.state]}"
        f'<span class="learn-hidden"> {SAID[read.state]}</span></em>'
    )


def strip(title: str, names: Sequence[str], reads: Sequence[Read]) -> str:
    """Returns the answers of one network after each lesson, in a row."""
    cells = "".join(
        f'<li class="{read.state}"><small>{escape(name)}</small>{_answer(read)}</li>'
        for name, read in zip(names, reads)
    )
    return f'<div class="learn-strip"><b>{escape(title)}</b><ol>{cells}</ol></div>'


def table(names: Sequence[str], plain: Sequence[float], given_task: Sequence[float]) -> str:
    """Returns the accuracy on each lesson without the task label and with it."""
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{whole_percent(a)}</td>'
        f"<td>{whole_percent(b)}</td></tr>"
        for name, a, b in zip(names, plain, given_task)
    )
    head = (
        '<tr><th scope="col">Lesson</th><th scope="col">no hint</th>'
        '<th scope="col">with the hint</th></tr>'
    )
    return f'<table class="learn-table"><thead>{head}</thead><tbody>{rows}</tbody></table>'


def bars(rows: Sequence[tuple[str, float]], own: str) -> str:
    """Returns accuracies as bars. own: the name of the visitor's."""
    items = "".join(
        f'<li class="{"own" if name == own else "other"}"><span>{escape(name)}</span>'
        f'<i><i style="width:{100 * share:.1f}%"></i></i><b>{whole_percent(share)}</b></li>'
        for name, share in rows
    )
    return f'<ul class="learn-bars">{items}</ul>'
