"""Event handlers of the drawing page. Whatever arrives from a browser is validated here."""

from typing import Any

import gradio as gr
import numpy as np
from PIL import Image, ImageOps

from app.server import visitor
from app.shared.data_urls import from_data_url
from app.views.draw import choices, run_inputs
from app.views.draw.endpoints import refuse
from app.views.draw.facts import UNCHOSEN, Choice
from app.views.draw.inputs import LARGEST_UPLOAD, Drawing, Refused, group_values, sent_choice
from app.views.draw.values import error_value
from lifelong import api
from lifelong.api import LifelongError

ON_PAD = 280  # pixels: a photograph is shown larger than the network sees it


def on_load(stored_choice: Any, request: gr.Request) -> tuple[Any, ...]:
    """Selects the run in the address, lists all runs, restores the choice made before a reload."""
    requested = request.query_params.get("run")
    with visitor.of_request(request):
        runs = choices.readable_runs(requested)
    run = choices.first_run(requested, runs)
    photo = run_inputs.is_photo(run)
    return (
        gr.update(
            value=run, groups=group_values(choices.groups(runs, photo)), about=choices.about(run)
        ),
        gr.update(**run_inputs.chips(run, sent_choice(stored_choice) or UNCHOSEN)),
        run_inputs.examples(run, at_once=True),
        gr.update(**run_inputs.label(run)),
    )


def on_run_change(run: str, choice: Choice, request: gr.Request | None = None) -> tuple[Any, ...]:
    """Returns what depends on the run: list of runs, classes, test images, task label, answer.

    The answer is that of a run deleted meanwhile; of any other one the new classes ask for it.
    """
    skip = gr.skip()
    try:
        chips, own_examples = (
            run_inputs.chips(run, choice),
            run_inputs.examples(run, at_once=True),
        )
        own_label = run_inputs.label(run)
    except LifelongError as error:
        return skip, skip, skip, skip, *error_value(str(error), run)
    with visitor.of_request(request):
        runs = choices.readable_runs(run)
    groups = group_values(choices.groups(runs, chips["photo"]))
    return (
        gr.update(groups=groups, about=choices.about(run)),
        gr.update(**chips),
        own_examples,
        gr.update(**own_label),
        *[skip] * 3,
    )


def open_stream() -> None:
    """Does nothing: the event has the browser open the stream in which an answer waits."""


def example_sheet(run: str) -> dict[str, Any]:
    """Returns the test images of a run; an event of its own, as a data set may have to be read."""
    try:
        return run_inputs.examples(run)
    except LifelongError:
        return gr.skip()


def on_example(run: str, event: gr.EventData) -> tuple[Drawing, dict[str, Any]]:
    """Returns a test image for the pad, with its label as the choice of class."""
    index, turn = _sent(event, "index"), _sent(event, "turn")
    try:
        sheet = run_inputs.pictures(run)
        if type(index) is not int or type(turn) is not int or sheet is None:
            raise LifelongError("An example is chosen by its place, counted from 0.")
        index %= sheet.shape[1]
        choice = Choice(run_inputs.example_class(run, index), "label")
        chips = run_inputs.chips(run, choice)
    except LifelongError as error:
        raise refuse(str(error)) from None
    image = api.png(sheet[turn % len(sheet), index])
    return Drawing(image), gr.update(**chips)


def _sent(event: gr.EventData, name: str) -> Any:
    """Returns what came with an event; a browser may send anything."""
    return event._data.get(name) if isinstance(event._data, dict) else None


def upload(run: str, event: gr.EventData) -> tuple[Drawing | Refused, Any]:
    """Puts an uploaded picture on the pad, of which nothing is chosen yet.

    A wrong file changes nothing, and its error is shown beside the pad.
    """
    try:
        content = from_data_url(_sent(event, "content"), LARGEST_UPLOAD * 4 // 3 + 200)
        if content is None:
            raise LifelongError(
                "That file is empty or larger than 5 MB; give a picture of at most 5 MB."
            )
        image = api.open_upload(content)
        photo = run_inputs.is_photo(run)
        on_pad = photograph(image) if photo else api.png(api.preprocess(run, image, required=True))
        chips = run_inputs.chips(run)
    except LifelongError as error:
        return Refused(str(error)), gr.skip()
    return Drawing(on_pad), gr.update(**chips)


def photograph(image: Image.Image) -> bytes:
    """Returns the middle of a photograph at the size of the pad, as a PNG file."""
    square = ImageOps.fit(image.convert("RGB"), (ON_PAD, ON_PAD))
    return api.png(np.asarray(square).transpose(2, 0, 1))
