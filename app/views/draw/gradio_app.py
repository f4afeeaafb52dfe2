"""The drawing page: draw one digit and see what the model predicts after every earlier task."""

import os
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import gradio as gr
from fastapi import FastAPI
from PIL import Image
from starlette.routing import Mount

from app.shared import assets
from app.shared.page_head import PageHead
from app.views.draw import choices, events, facts, run_inputs
from app.views.draw.answer_route import route
from app.views.draw.answers import Question, answer
from app.views.draw.choices import PHOTO_RUN, first_run, readable_runs
from app.views.draw.components import (
    Closed,
    Examples,
    NetworkInput,
    Remedies,
    Sentence,
    ShareCard,
    Strip,
    Teach,
)
from app.views.draw.endpoints import Page, add_endpoints
from app.views.draw.inputs import Chips, DigitPad, Drawing, LabelCheck, RunList, group_values
from app.views.draw.lesson_routes import routes
from app.views.draw.theme import THEME
from app.views.draw.values import no_run
from app.views.draw.words import prompts, taught
from app.views.draw.words.remedies import WORDS
from lifelong import api

EVENT_OPTIONS: dict[str, Any] = {
    "show_progress": "hidden",
    "trigger_mode": "always_last",
    "api_visibility": "private",
    "concurrency_limit": 4,
    "concurrency_id": "draw",
}


def build() -> gr.Blocks:
    """Builds the page."""
    runs = readable_runs()
    run = first_run(None, runs)
    photo = run_inputs.is_photo(run)
    values = answer(Question(Drawing(), run)) if run else no_run()
    strip, sentence, network_input = values
    chips, label = run_inputs.chips(run), run_inputs.label(run)
    with Page(
        analytics_enabled=False,
        fill_width=True,
        delete_cache=(600, 3600),
        title="Lifelong: draw a digit",
    ) as page:
        with gr.Column(elem_id="page"):
            pad = DigitPad(prompts.KEPT, photo, elem_id="pad")
            with gr.Column(elem_id="answers"):
                shown = [Strip(strip, elem_id="strip"), Sentence(sentence, elem_id="sentence")]
                ShareCard(elem_id="share")
                Remedies(WORDS, elem_id="remedies")
            truth = Chips(**chips, elem_id="truth")
            examples = Examples(run_inputs.examples(run), elem_id="examples")
            shown.append(NetworkInput(network_input, elem_id="network-input"))
            with gr.Column(elem_id="ask"):
                groups = group_values(choices.groups(runs, photo))
                chosen = RunList(run, groups, choices.about(run), elem_id="run")
                label_on = LabelCheck(**label, elem_id="task-given")
            if api.access.is_read_only():
                Closed(api.access.READ_ONLY, elem_id="teach")
            else:
                Teach(strategies=taught.choices(), elem_id="teach")
        _wire(page, pad, [chosen, truth, examples, label_on], shown)
        add_endpoints()
    page.queue(default_concurrency_limit=4, max_size=64)
    return page


def _wire(page: gr.Blocks, pad: DigitPad, run_parts: list[Any], shown: list[Any]) -> None:
    """Connects the events. They set inputs; answers come by a route of their own."""
    chosen, truth, examples, _label = run_parts
    chosen.input(events.on_run_change, [chosen, truth], [*run_parts, *shown], **EVENT_OPTIONS)
    chosen.change(events.example_sheet, chosen, examples, **EVENT_OPTIONS)
    examples.click(events.on_example, chosen, [pad, truth], **EVENT_OPTIONS)
    pad.upload(events.upload, chosen, [pad, truth], **EVENT_OPTIONS)
    examples.tick(events.open_stream, **EVENT_OPTIONS)
    page.load(
        events.on_load,
        gr.JSON(visible=False),
        run_parts,
        js=assets.read("draw/stored_choice.js"),
        **EVENT_OPTIONS,
    )


def host(path: str = "/gradio") -> FastAPI:
    """Returns a web application that serves the page at a path, and /answer and /lessons."""
    page = build()
    app = gr.mount_gradio_app(
        FastAPI(routes=[route(), routes()]),
        page,
        path=path,
        footer_links=[],
        run_history=False,
        max_file_size="5mb",
        show_error=False,
        ssr_mode=False,
        theme=THEME,
    )
    gradio_of(app, path).add_middleware(PageHead, **_additions())
    # Mounting leaves this unset, and unset means that a client may name any file of this machine
    # as its upload.
    page.has_launched = True
    return app


def gradio_of(host: FastAPI, path: str = "/gradio") -> Any:
    """Returns the Gradio application at a path; Gradio declares no type for some of its parts."""
    at = path.rstrip("/")
    return next(r for r in host.routes if isinstance(r, Mount) and r.path == at).app


def _additions() -> dict[str, str]:
    """Returns what is added to Gradio's page: styles and scripts, and what stands there first."""
    styles = "".join(
        f"<style>{assets.read(name)}</style>" for name in ("draw/page.css", "terms.css")
    )
    scripts = f"{assets.read('terms.js')}\nexplainTerms(document);"
    scripts_first = ("draw/lost_answers.js", "draw/answers.js", "draw/card.js", "draw/head.js")
    early_pad = assets.read("draw/early_pad.js")
    head = "\n".join(assets.read(name) for name in scripts_first)
    return {
        "head": f"<script>{head}</script>",
        "begin": f"{styles}{assets.read('draw/waiting.html')}<script>{early_pad}</script>",
        "end": f"<script>{scripts}</script>",
    }


def warm() -> None:
    """Loads what a first visitor needs: the curves, torch and every checkpoint of the first run."""
    from app.views.draw.curves import curve_spec  # loads altair

    run = first_run(None, readable_runs()) or ""
    if run:
        curve_spec(facts.of_run(run), api.reference_run(run), 0, False)
    answer(Question(Drawing(api.png(run_inputs.digits()[0, 0])), run))


def warm_remedies() -> None:
    """Loads what the first visitor needs who wants to know what would have saved a digit."""
    runs = {choice.run: choice for choice in readable_runs()}
    run = first_run(None, list(runs.values()))
    if run:
        rivals = [r for r, c in runs.items() if c.question == runs[run].question and c.remedy >= 0]
        zero = Drawing(api.png(run_inputs.digits()[0, 0]))
        answer(Question(zero, run, others=tuple(rivals), within=True))


def warm_photographs() -> None:
    """Loads what a first photograph needs: the backbone takes a second to load."""
    if api.is_shipped(PHOTO_RUN):
        grey = Image.new("RGB", (events.ON_PAD, events.ON_PAD), "grey")
        answer(Question(Drawing(events.photograph(grey)), PHOTO_RUN))
