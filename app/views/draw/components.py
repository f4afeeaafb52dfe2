"""Components of the drawing page that show something: strip, sentence, network input, test images.

They are `gr.HTML` components, whose templates, styles and scripts lie in app/assets/draw/.
"""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from app.shared import assets


class Part(gr.HTML):
    """Base of the components: no program calls them, their values are plain data.

    `value` has a default because Gradio rebuilds a component without its value
    whenever an event leaves it unchanged, and from the fields that an event changed.
    """

    def __init__(self, value: Any, **kw: Any) -> None:
        super().__init__(value=value, apply_default_css=False, **{"js_on_load": None, **kw})

    def api_info(self) -> dict[str, Any]:
        return {"type": "object"}

    def example_payload(self) -> None:
        return None

    def example_value(self) -> None:
        return None


class Strip(Part):
    """Strip of cards, one a checkpoint; value: the dicts that `answers.cards` returns."""

    def __init__(self, value: list[dict[str, Any]] | None = None, **kw: Any) -> None:
        super().__init__(
            value,
            html_template=assets.read("draw/strip.html"),
            css_template=assets.read("draw/strip.css"),
            js_on_load=assets.read("draw/answered.js"),
            part="strip",
            **kw,
        )


class Sentence(Part):
    """Sentence about the drawing, linked to the curves; reports run and task to the parent page."""

    def __init__(self, value: dict[str, Any] | None = None, **kw: Any) -> None:
        super().__init__(
            value,
            html_template=assets.read("draw/sentence.html"),
            js_on_load=assets.read("draw/sentence.js"),
            **kw,
        )


class Remedies(Part):
    """Other networks that are given the same picture, and the lesson that lost its class, by steps.

    Its script fills it with what comes with each answer. words: of its buttons.
    """

    def __init__(self, words: dict[str, str] | None = None, **kw: Any) -> None:
        super().__init__(
            None,
            html_template=assets.read("draw/remedies.html"),
            css_template=assets.read("draw/strip.css") + assets.read("draw/remedies.css"),
            js_on_load=assets.read("draw/bars.js") + assets.read("draw/remedies.js"),
            words=words or {},
            **kw,
        )


class NetworkInput(Part):
    """Picture of the pixels that enter the network.

    value: {"image": a data URL, empty before anything is drawn, "description": the preprocessing}.
    """

    def __init__(self, value: dict[str, str] | None = None, **kw: Any) -> None:
        super().__init__(
            value,
            html_template=assets.read("draw/network_input.html"),
            js_on_load=assets.read("draw/answered.js"),
            part="network_input",
            **kw,
        )


class Examples(Part):
    """Buttons that put a test image on the pad, one a class; clicking again brings another image.

    value: {"sprite", "labels", "photo", "other", "other_run"}; sprite is a data URL of test images,
    a column a class and a row a turn, empty where there are none. other: the words of a button that
    chooses other_run, a run for pictures of the other kind.
    """

    def __init__(self, value: dict[str, Any] | None = None, **kw: Any) -> None:
        super().__init__(
            value,
            html_template=assets.read("draw/examples.html"),
            js_on_load=assets.read("draw/examples.js"),
            **kw,
        )


class ShareCard(Part):
    """Picture of the drawing and what became of it, to be saved or sent, and a link to it."""

    def __init__(self, value: None = None, **kw: Any) -> None:
        super().__init__(
            value,
            html_template=assets.read("draw/share.html"),
            css_template=assets.read("draw/share.css"),
            js_on_load=assets.read("draw/share.js"),
            **kw,
        )


class Closed(Part):
    """Sentence in the place of Teach, on a server that trains nothing."""

    def __init__(self, value: str | None = None, **kw: Any) -> None:
        super().__init__(
            value,
            html_template=assets.read("draw/closed.html"),
            css_template=assets.read("draw/teach.css"),
            **kw,
        )


class Teach(Part):
    """Fold-out to teach a symbol: examples from the pad, a name, a strategy; value: none.

    strategies: name, title and costs of each. Talks to the routes of `lesson_routes`.
    """

    def __init__(
        self, value: Any = None, strategies: Sequence[dict[str, str]] = (), **kw: Any
    ) -> None:
        super().__init__(
            value,
            html_template=assets.read("draw/teach.html"),
            css_template=assets.read("draw/teach.css"),
            js_on_load=assets.read("draw/teach.js"),
            strategies=list(strategies),
            **kw,
        )
