"""Components of the drawing page: pad, class chips, strip of cards, sentence, test images.

They are `gr.HTML` components, whose templates, styles and scripts lie in app/assets/draw/.
Whatever arrives from a browser is validated here.
"""

import base64
import binascii
from typing import Any

import gradio as gr

from app.shared import assets

LARGEST_DRAWING = 400_000  # characters of a data URL; a drawing has some 10,000
LARGEST_UPLOAD = 5_000_000  # bytes
LONGEST_NAME = 200  # characters of a class
PNG = "data:image/png;base64,"
DIGITS = tuple("0123456789")


def from_data_url(value: Any, largest: int) -> bytes | None:
    """Returns the bytes in a data URL of at most `largest` characters; None for anything else.

    >>> from_data_url("data:image/png;base64,AAEC", 100)
    b'\\x00\\x01\\x02'
    >>> from_data_url("https://example.org/a.png", 100)
    """
    if not isinstance(value, str) or len(value) > largest or not value.startswith("data:"):
        return None
    _kind, mark, content = value.partition(";base64,")
    try:
        return base64.b64decode(content, validate=True) if mark else None
    except (binascii.Error, ValueError):
        return None


def data_url(png: bytes) -> str:
    """Returns a PNG file as a data URL."""
    return PNG + base64.b64encode(png).decode()


class _Component(gr.HTML):
    """Base of the components: no program calls them, their values are plain data.

    `value` has a default because Gradio rebuilds a component without its value
    whenever an event leaves it unchanged.
    """

    def __init__(self, value: Any, **kw: Any) -> None:
        super().__init__(value=value, apply_default_css=False, **{"js_on_load": None, **kw})

    def api_info(self) -> dict[str, Any]:
        return {"type": "object"}

    def example_payload(self) -> None:
        return None

    def example_value(self) -> None:
        return None


class DigitPad(_Component):
    """Drawing pad, white on black, by mouse, pen, finger, keyboard or upload.

    Its value is a PNG file as bytes, None when blank.
    """

    def __init__(self, prompt: dict[str, Any], **kw: Any) -> None:
        super().__init__(
            "",
            html_template=assets.read("draw/pad.html"),
            css_template=assets.read("draw/pad.css"),
            js_on_load=assets.read("draw/pad.js"),
            prompt=prompt,
            brush=44,
            throttle=120,
            **kw,
        )

    # gr.HTML declares text in both directions; the value of this component is bytes.
    def preprocess(self, payload: Any) -> bytes | None:  # type: ignore[override]
        if not payload:
            return None
        content = from_data_url(payload, LARGEST_DRAWING)
        if content is None:
            raise gr.Error(
                "That drawing could not be read; clear the pad and draw again.",
                title="Drawing",
                print_exception=False,
            )
        return content

    def postprocess(self, value: bytes | None) -> str:  # type: ignore[override]
        return data_url(value) if value else ""


class Chips(_Component):
    """Choice of the true class, one radio button a class; the server receives the class name.

    value: {"true_class", "names", "labels", "photo"}; labels are the names, HTML-escaped.
    """

    def __init__(self, value: dict[str, Any] | None = None, **kw: Any) -> None:
        super().__init__(
            value,
            html_template=assets.read("draw/chips.html"),
            js_on_load=assets.read("draw/chips.js"),
            **kw,
        )

    def preprocess(self, payload: Any) -> str:
        name = payload.get("true_class") if isinstance(payload, dict) else None
        if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME:
            raise gr.Error(
                "What was drawn has to be one of the classes that the model knows.",
                print_exception=False,
            )
        return name


class Strip(_Component):
    """Strip of cards, one a checkpoint; value: the dicts that `checkpoint_cards.cards` returns."""

    def __init__(self, value: list[dict[str, Any]] | None = None, **kw: Any) -> None:
        super().__init__(
            value,
            html_template=assets.read("draw/strip.html"),
            css_template=assets.read("draw/strip.css"),
            **kw,
        )


class Sentence(_Component):
    """Sentence about the drawing, linked to the curves; reports run and task to the parent page."""

    def __init__(self, value: dict[str, Any] | None = None, **kw: Any) -> None:
        super().__init__(
            value,
            html_template=assets.read("draw/sentence.html"),
            js_on_load=assets.read("draw/sentence.js"),
            **kw,
        )


class NetworkInput(_Component):
    """Picture of the pixels that enter the network.

    value: {"image": a data URL, empty before anything is drawn, "description": the preprocessing}.
    """

    def __init__(self, value: dict[str, str] | None = None, **kw: Any) -> None:
        super().__init__(value, html_template=assets.read("draw/network_input.html"), **kw)


class Examples(_Component):
    """Buttons that put a test image on the pad, one a class; clicking again brings another image.

    value: {"sprite", "labels", "photo"}; sprite is a data URL of test images, a column a class and
    a row a turn, empty where there are none.
    """

    def __init__(self, value: dict[str, Any] | None = None, **kw: Any) -> None:
        super().__init__(
            value,
            html_template=assets.read("draw/examples.html"),
            js_on_load=assets.read("draw/examples.js"),
            **kw,
        )
