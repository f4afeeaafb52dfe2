"""Components of the drawing page that take input: pad, classes, checkbox, list of runs.

Whatever arrives from a browser is validated here.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr

from app.shared import assets
from app.shared.data_urls import data_url, from_data_url
from app.views.draw.choices import RunChoice
from app.views.draw.components import Part
from app.views.draw.facts import Choice, Origin

LARGEST_DRAWING = 400_000  # characters of a data URL; a drawing has some 10,000
LARGEST_UPLOAD = 5_000_000  # bytes
LONGEST_NAME = 200  # characters of a class
ORIGINS: dict[str, Origin] = {
    "announced": "announced",
    "hand": "hand",
    "label": "label",
    "example": "example",
}


@dataclass(frozen=True)
class Drawing:
    """Content of the pad: a PNG file, None where it is blank; unfinished: the pen is down."""

    png: bytes | None = None
    unfinished: bool = False


@dataclass(frozen=True)
class Refused:
    """Reason why a file is not put on the pad, one sentence; what is on it stays."""

    problem: str


def sent_drawing(payload: Any) -> Drawing | None:
    """Returns the drawing that a browser sent; None for what is none.

    >>> sent_drawing({"image": "data:image/png;base64,AAEC", "unfinished": True})
    Drawing(png=b'\\x00\\x01\\x02', unfinished=True)
    >>> sent_drawing({"image": ""}), sent_drawing({"image": "/etc/passwd"}), sent_drawing(7)
    (Drawing(png=None, unfinished=False), None, None)
    """
    sent = payload if isinstance(payload, dict) else {"image": payload}
    if not sent.get("image"):
        return Drawing()
    content = from_data_url(sent["image"], LARGEST_DRAWING)
    return None if content is None else Drawing(content, sent.get("unfinished") is True)


def figures() -> dict[str, list[list[list[float]]]]:
    """Returns the strokes of each digit as a hand may write it; points are shares of the side."""
    return json.loads(assets.read("draw/hand.json"))


class DigitPad(Part):
    """Drawing pad, white on black, by mouse, pen, finger, keyboard or upload.

    kept: sentences about a picture of the other kind that waits. photo: the kind shown first.
    """

    def __init__(self, kept: Mapping[str, str], photo: bool, **kw: Any) -> None:
        super().__init__(
            Drawing(),
            html_template=assets.read("draw/pad.html"),
            css_template=assets.read("draw/pad.css"),
            js_on_load="\n".join(
                assets.read(f"draw/{name}.js") for name in ("pad", "pictures", "link", "hand")
            ),
            figures=figures(),
            kept=kept,
            photo=photo,
            throttle=100,
            **kw,
        )

    # gr.HTML declares text; the value of this component is a Drawing.
    def postprocess(  # type: ignore[override]
        self, value: Drawing | Refused | None
    ) -> dict[str, Any]:
        if isinstance(value, Refused):
            return {"image": "", "unfinished": False, "problem": value.problem}
        png = value.png if value else None
        return {"image": data_url(png) if png else "", "unfinished": False}


class Chips(Part):
    """Choice of the true class, one radio button a class; the server receives a Choice.

    names: of the classes; labels: the same as HTML. photo: whether the picture is a photograph.
    """

    def __init__(
        self,
        value: Choice | None = None,
        names: Sequence[str] = (),
        labels: Sequence[str] = (),
        photo: bool = False,
        **kw: Any,
    ) -> None:
        super().__init__(
            value,
            html_template=assets.read("draw/chips.html"),
            js_on_load=assets.read("draw/chips.js"),
            names=list(names),
            labels=list(labels),
            photo=photo,
            **kw,
        )

    def preprocess(self, payload: Any) -> Choice:  # type: ignore[override]
        choice = sent_choice(payload)
        if choice is None:
            raise gr.Error(
                "What was drawn has to be one of the classes that the model knows.",
                print_exception=False,
            )
        return choice

    def postprocess(self, value: Choice | None) -> dict[str, str]:  # type: ignore[override]
        value = value or Choice()
        return {"name": value.name or "", "origin": value.origin, "run": value.run}


def sent_choice(payload: Any) -> Choice | None:
    """Returns the choice that a browser sent; None for what is none.

    >>> sent_choice({"name": "3", "origin": "hand"}) == Choice("3", "hand")
    True
    >>> sent_choice({"name": "", "origin": ""}) == Choice()
    True
    >>> sent_choice({"name": "3", "origin": ["hand"]}), sent_choice("3")
    (None, None)
    """
    sent = payload if isinstance(payload, dict) else {}
    name, origin = sent.get("name"), sent.get("origin")
    if name == "":
        return Choice()
    named = isinstance(name, str) and len(name) <= LONGEST_NAME
    if not named or not isinstance(origin, str) or origin not in ORIGINS:
        return None
    return Choice(name, ORIGINS[origin])


class LabelCheck(Part):
    """Checkbox that gives the task label. words, caption: beside and under it, as HTML."""

    def __init__(
        self, value: bool | None = None, words: str = "", caption: str = "", **kw: Any
    ) -> None:
        super().__init__(
            value,
            html_template=assets.read("draw/label.html"),
            js_on_load=assets.read("draw/label.js"),
            words=words,
            caption=caption,
            **kw,
        )

    def postprocess(self, value: bool | None) -> bool:  # type: ignore[override]
        return value is True


class RunList(Part):
    """List of runs to choose from; its value is the id of the run that is shown.

    groups: the runs in groups, from `group_values`. about: its scenario and recipe, as HTML.
    """

    def __init__(
        self,
        value: str | None = None,
        groups: Sequence[dict[str, Any]] = (),
        about: str = "",
        **kw: Any,
    ) -> None:
        super().__init__(
            value,
            html_template=assets.read("draw/runs.html"),
            js_on_load=assets.read("draw/runs.js"),
            groups=list(groups),
            about=about,
            **kw,
        )

    def preprocess(self, payload: Any) -> str:
        return str(payload or "")


def group_values(groups: Sequence[tuple[str, Sequence[RunChoice]]]) -> list[dict[str, Any]]:
    """Returns groups of runs as plain values, HTML-escaped."""
    return [
        {
            "title": escape(title),
            "runs": [
                {
                    "run": escape(choice.run),
                    "name": escape(choice.name),
                    "line": escape(choice.line),
                    "photo": choice.photo,
                    "question": choice.question,
                    "remedy": choice.remedy,
                    "transfer": bool(choice.transfer),
                }
                for choice in members
            ],
        }
        for title, members in groups
    ]
