"""The drawing page: draw one digit and see what the model predicts after every earlier task."""

import os
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import gradio as gr
from fastapi import FastAPI
from PIL import Image

from app.shared import assets
from app.views.draw import events, run_inputs
from app.views.draw.answers import answer, sentence_value
from app.views.draw.components import Chips, DigitPad, Examples, NetworkInput, Sentence, Strip
from app.views.draw.endpoints import Page, add_endpoints
from app.views.draw.featured_runs import PHOTO_RUN, PROMPT, first_run, readable_runs
from app.views.draw.theme import THEME
from lifelong import api

EVENT_OPTIONS: dict[str, Any] = {
    "show_progress": "hidden",
    "trigger_mode": "always_last",
    "api_visibility": "private",
    "concurrency_limit": 4,
    "concurrency_id": "draw",
}
NO_RUN = "There is no trained run yet; learn one on the Train page."
TASK_GIVEN = "It then only has to choose between that task's classes, which is far easier."


def build() -> gr.Blocks:
    """Builds the page."""
    runs = readable_runs()
    run = first_run(None, runs)
    strip, sentence, network_input = (
        answer(None, run, PROMPT, False)
        if run
        else ([], sentence_value(NO_RUN, "", tone="problem"), run_inputs.network_input(None))
    )
    with Page(
        analytics_enabled=False,
        fill_width=True,
        delete_cache=(600, 3600),
        title="Lifelong: draw a digit",
    ) as page:
        with gr.Column(elem_id="page"):
            pad = DigitPad(run_inputs.chips(run, PROMPT), elem_id="pad")
            with gr.Column(elem_id="answers"):
                shown = [Strip(strip, elem_id="strip"), Sentence(sentence, elem_id="sentence")]
            truth = Chips(run_inputs.chips(run, PROMPT), elem_id="truth")
            examples = Examples(run_inputs.examples(run), elem_id="examples")
            shown.append(NetworkInput(network_input, elem_id="network-input"))
            with gr.Column(elem_id="ask"):
                chosen = RunChoice(runs, value=run, label="Model", elem_id="run", filterable=False)
                task_given = gr.Checkbox(
                    False,
                    label="Tell it which task the image is from",
                    info=TASK_GIVEN,
                    elem_id="task-given",
                )
        _wire(page, (pad, chosen, truth, task_given), examples, shown)
        add_endpoints()
    page.queue(default_concurrency_limit=4, max_size=64)
    return page


def _wire(page: gr.Blocks, inputs: tuple[Any, ...], examples: Examples, shown: list[Any]) -> None:
    """Connects the events. One event makes all answers, its last call wins; others set inputs."""
    pad, chosen, truth, task_given = inputs
    triggers = [pad.input, truth.input, task_given.change, chosen.change]
    gr.on(triggers, answer, list(inputs), shown, **EVENT_OPTIONS)
    run_parts = [pad, truth, examples, task_given]
    chosen.input(events.on_run_change, [chosen, truth, examples], run_parts, **EVENT_OPTIONS)
    chosen.change(events.example_sheet, chosen, examples, **EVENT_OPTIONS)
    examples.click(events.on_example, chosen, [pad, truth], **EVENT_OPTIONS)
    pad.upload(events.upload, [chosen, truth], [pad, *shown], **EVENT_OPTIONS)
    page.load(
        events.on_load,
        gr.JSON(visible=False),
        [chosen, truth, examples, task_given],
        js=assets.read("draw/stored_class.js"),
        **EVENT_OPTIONS,
    )


class RunChoice(gr.Dropdown):
    """Dropdown that accepts any run: one made since the page was built is as good as any."""

    is_template = True

    def preprocess(self, payload: Any) -> str:
        return str(payload)


def host() -> FastAPI:
    """Returns a web application that serves the page at /gradio and nothing else."""
    page = build()
    app = gr.mount_gradio_app(
        FastAPI(),
        page,
        path="/gradio",
        footer_links=[],
        run_history=False,
        max_file_size="5mb",
        show_error=False,
        ssr_mode=False,
        theme=THEME,
        css=assets.read("draw/page.css"),
        head=assets.read("draw/head.html"),
    )
    # Mounting leaves this unset, and unset means that a client may name any file of this machine
    # as its upload.
    page.has_launched = True
    return app


def warm() -> None:
    """Loads what a first drawing needs: torch and every checkpoint of the run shown first."""
    zero = api.png(run_inputs.digits()[0, 0])
    answer(zero, first_run(None, readable_runs()) or "", PROMPT, False)


def warm_photographs() -> None:
    """Loads what a first photograph needs: the backbone takes a second to load."""
    if api.is_shipped(PHOTO_RUN):
        grey = Image.new("RGB", (events.ON_PAD, events.ON_PAD), "grey")
        answer(events.photograph(grey), PHOTO_RUN, "airplane", False)
