"""Event handlers of the drawing page. Whatever arrives from a browser is validated here."""

from typing import Any

import gradio as gr
import numpy as np
from PIL import Image, ImageOps

from app.views.draw import run_inputs
from app.views.draw.answers import error_value
from app.views.draw.components import LARGEST_UPLOAD, from_data_url
from app.views.draw.endpoints import refuse
from app.views.draw.featured_runs import PROMPT, first_run, readable_runs
from lifelong import api
from lifelong.api import LifelongError

ON_PAD = 280  # pixels: a photograph is shown larger than the network sees it


def on_load(stored_class: str | None, request: gr.Request) -> tuple[Any, ...]:
    """Selects the run in the address, lists all runs, and restores the class of before a reload."""
    runs = readable_runs()
    run = first_run(request.query_params.get("run"), runs)
    return (
        gr.update(choices=runs, value=run),
        run_inputs.chips(run, stored_class or PROMPT),
        run_inputs.examples(run, at_once=True),
        label_given(run),
    )


def on_run_change(run: str, true_class: str, examples: dict[str, Any]) -> tuple[Any, ...]:
    """Returns what depends on the run: pad (emptied for another kind), classes, images, label."""
    try:
        chips, own_examples = (
            run_inputs.chips(run, true_class),
            run_inputs.examples(run, at_once=True),
        )
    except LifelongError:  # a run deleted meanwhile: the answer that follows says so
        return gr.skip(), gr.skip(), gr.skip(), gr.skip()
    other_kind = isinstance(examples, dict) and bool(examples.get("photo")) != chips["photo"]
    return None if other_kind else gr.skip(), chips, own_examples, label_given(run)


def example_sheet(run: str) -> dict[str, Any]:
    """Returns the test images of a run; an event of its own, as a data set may have to be read."""
    try:
        return run_inputs.examples(run)
    except LifelongError:
        return gr.skip()


def label_given(run: str | None) -> bool:
    """Returns whether this run's scenario gives the task label; a person may still take it away."""
    try:
        return run is not None and api.history(run).config.rules.task_given
    except LifelongError:
        return False  # a run deleted meanwhile: the answer that follows says so


def on_example(run: str, event: gr.EventData) -> tuple[bytes, dict[str, Any]]:
    """Returns a test image for the pad, with its class as the true class."""
    index, turn = _sent(event, "index"), _sent(event, "turn")
    try:
        sheet = run_inputs.pictures(run)
        if type(index) is not int or type(turn) is not int or sheet is None:
            raise LifelongError("An example is chosen by its place, counted from 0.")
        chips = run_inputs.chips(run, "")
    except LifelongError as error:
        raise refuse(str(error)) from None
    index %= sheet.shape[1]
    image = api.png(sheet[turn % len(sheet), index])
    return image, {**chips, "true_class": chips["names"][index]}


def _sent(event: gr.EventData, name: str) -> Any:
    """Returns what came with an event; a browser may send anything."""
    return event._data.get(name) if isinstance(event._data, dict) else None


def upload(run: str, true_class: str, event: gr.EventData) -> tuple[Any, ...]:
    """Puts an uploaded picture on the pad; a wrong file empties the pad and shows the error."""
    try:
        content = from_data_url(_sent(event, "content"), LARGEST_UPLOAD * 4 // 3 + 200)
        if content is None:
            raise LifelongError(
                "That file is empty or larger than 5 MB; give a picture of at most 5 MB."
            )
        image = api.open_image(content)
        photo = run_inputs.is_photo(run)
        on_pad = photograph(image) if photo else api.png(api.preprocess(run, image, required=True))
    except LifelongError as error:
        return None, *error_value(str(error), run, true_class)
    return on_pad, gr.skip(), gr.skip(), gr.skip()


def photograph(image: Image.Image) -> bytes:
    """Returns the middle of a photograph at the size of the pad, as a PNG file."""
    square = ImageOps.fit(image.convert("RGB"), (ON_PAD, ON_PAD))
    return api.png(np.asarray(square).transpose(2, 0, 1))
