"""The drawing page: draw one digit and see what the model after every earlier task makes of it."""

import os
from html import escape
from typing import Any
from urllib.parse import quote

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import gradio as gr
import numpy as np
from fastapi import FastAPI
from PIL import Image, ImageOps

from app.views.draw import run_inputs
from app.views.draw.checkpoint_cards import cards, own_task, verdicts
from app.views.draw.components import (
    LARGEST_UPLOAD,
    Chips,
    DigitPad,
    Examples,
    Seen,
    Sentence,
    Strip,
    data_url,
    from_data_url,
)
from app.views.draw.endpoints import Page, add_endpoints, refuse
from app.views.draw.featured_runs import JUDGE_RUNS, PHOTO_RUN, PROMPT, first_run, readable_runs
from app.views.draw.story import mistaken, named, story
from app.views.draw.theme import CSS, HEAD, THEME
from lifelong import api
from lifelong.api import LifelongError

EVENT_OPTIONS = {
    "show_progress": "hidden",
    "trigger_mode": "always_last",
    "api_visibility": "private",
    "concurrency_limit": 4,
    "concurrency_id": "draw",
}
INVITATION = "Each card is the same model, one task later. {}, and all of them answer at once."
NO_RUN = "There is no trained run yet; learn one on the Train page."
TOLD = "It then only has to choose between that task's classes, which is far easier."
ON_PAD = 280  # pixels: a photograph is shown larger than the network sees it


def answer(drawing: bytes | None, run: str, drawn: str, told: bool) -> tuple[list, dict, dict]:
    """Strip, sentence and the pixels seen, for a drawing as the pad holds it."""
    try:
        history = api.history(run)
        own = own_task(history, drawn)
        pixels = api.seen(run, api.open_image(drawing)) if drawing else None
        photo = run_inputs.is_photo(run)
        if pixels is None:
            invitation = INVITATION.format("Upload a picture" if photo else "Draw")
            return (
                cards(history, drawn),
                sentence_value(invitation, run, own, told, tone="quiet"),
                run_inputs.seen(run),
            )
        answers = api.classify(run, pixels, task=own if told else None)
        doubt = _doubt(history.config.dataset, pixels, drawn)
    except LifelongError as error:
        return error_value(str(error), run, drawn)
    judged = verdicts(answers, drawn)
    why = "See the curve" if all(verdict.known for verdict in judged[own:]) else "Why?"
    claim = "it shows" if photo else "I drew"
    sentence = sentence_value(
        story(drawn, own, judged, told=told), run, own, told, why=why, doubt=doubt, claim=claim
    )
    return cards(history, drawn, answers), sentence, run_inputs.seen(run, data_url(api.png(pixels)))


def _doubt(dataset: str, pixels: np.ndarray, drawn: str) -> str:
    """The class that this is, where it is surely not the one named; empty when that cannot be told."""
    judge = JUDGE_RUNS.get(dataset, "")
    if not api.is_shipped(judge):
        return ""
    likeliest, share = api.classify(judge, pixels)[-1].top[0]
    return likeliest if mistaken(drawn, likeliest, share) else ""


def error_value(message: str, run: str, drawn: str) -> tuple[list, dict, dict]:
    """What went wrong, in place of any earlier answer."""
    try:
        empty, seen = cards(api.history(run), drawn), run_inputs.seen(run)
    except LifelongError:
        empty, seen = [], run_inputs.seen(None)
    return empty, sentence_value(message, run, tone="problem"), seen


def sentence_value(
    text: str, run: str, task: int = 0, told: bool = False, **more: str
) -> dict[str, Any]:
    """A value for the Sentence, safe to be put into the page. more: tone, why, doubt, claim."""
    doubt = more.get("doubt", "")
    words = {
        "text": text,
        "tone": "",
        "why": "",
        "doubt": "",
        "doubtful": named(doubt),
        "claim": "",
        **more,
    }
    return {name: escape(value) for name, value in words.items()} | {
        "run": quote(run),
        "task": task,
        "told": told,
    }


def on_load(kept: str | None, request: gr.Request) -> tuple:
    """The run that the address asks for, all runs to choose from, and the class chosen before a reload."""
    runs = readable_runs()
    run = first_run(request.query_params.get("run"), runs)
    return (
        gr.update(choices=runs, value=run),
        run_inputs.chips(run, kept or PROMPT),
        run_inputs.examples(run, at_once=True),
        label_given(run),
    )


def on_run_change(run: str, drawn: str, shown: dict) -> tuple:
    """What depends on the run that was chosen: whether the pad is of its kind, the classes, test images, and the task label."""
    try:
        chips, examples = run_inputs.chips(run, drawn), run_inputs.examples(run, at_once=True)
    except LifelongError:  # a run deleted meanwhile: the answer that follows says so
        return gr.skip(), gr.skip(), gr.skip(), gr.skip()
    other = isinstance(shown, dict) and bool(shown.get("photo")) != chips["photo"]
    return None if other else gr.skip(), chips, examples, label_given(run)


def example_sheet(run: str) -> dict:
    """Test images of the run that was chosen; by themselves, because a data set may have to be read for them first."""
    try:
        return run_inputs.examples(run)
    except LifelongError:
        return gr.skip()


def label_given(run: str | None) -> bool:
    """Whether this run's scenario gives the task label; a person may still take it away."""
    try:
        return run is not None and api.history(run).config.scenario == "task"
    except LifelongError:
        return False  # a run deleted meanwhile: the answer that follows says so


def on_example(run: str, event: gr.EventData) -> tuple[bytes, dict]:
    """An example on the pad, with the class it shows as the truth."""
    place, turn = _given(event, "digit"), _given(event, "turn")
    try:
        sheet = run_inputs.pictures(run)
        if type(place) is not int or type(turn) is not int or sheet is None:
            raise LifelongError("An example is chosen by its place, counted from 0.")
        chips = run_inputs.chips(run, "")
    except LifelongError as error:
        raise refuse(str(error)) from None
    place %= sheet.shape[1]
    return api.png(sheet[turn % len(sheet), place]), {**chips, "drawn": chips["names"][place]}


def _given(event: gr.EventData, name: str) -> Any:
    """What came with an event; a browser may send anything."""
    return event._data.get(name) if isinstance(event._data, dict) else None


def upload(run: str, drawn: str, event: gr.EventData) -> tuple:
    """A picture from a file on the pad, as a digit or a photograph; a wrong file empties the pad and is told in one sentence."""
    try:
        content = from_data_url(_given(event, "content"), LARGEST_UPLOAD * 4 // 3 + 200)
        if content is None:
            raise LifelongError(
                "That file is empty or larger than 5 MB; give a picture of at most 5 MB."
            )
        image = api.open_image(content)
        shown = _photograph(image) if run_inputs.is_photo(run) else api.png(api.needed(run, image))
    except LifelongError as error:
        return None, *error_value(str(error), run, drawn)
    return shown, gr.skip(), gr.skip(), gr.skip()


def _photograph(image: Image.Image) -> bytes:
    """The middle of a photograph as large as the pad holds it, as a PNG file."""
    return api.png(
        np.asarray(ImageOps.fit(image.convert("RGB"), (ON_PAD, ON_PAD))).transpose(2, 0, 1)
    )


def build() -> gr.Blocks:
    """The page."""
    runs = readable_runs()
    run = first_run(None, runs)
    strip, sentence, seen = (
        answer(None, run, PROMPT, False)
        if run
        else ([], sentence_value(NO_RUN, "", tone="problem"), run_inputs.seen(None))
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
            shown.append(Seen(seen, elem_id="seen"))
            with gr.Column(elem_id="ask"):
                chosen = RunChoice(runs, value=run, label="Model", elem_id="run", filterable=False)
                told = gr.Checkbox(
                    False, label="Tell it which task the image is from", info=TOLD, elem_id="told"
                )
        _wire(page, [pad, chosen, truth, told], examples, shown)
        add_endpoints()
    page.queue(default_concurrency_limit=4, max_size=64)
    return page


def _wire(page: gr.Blocks, given: list, examples: Examples, shown: list) -> None:
    """All answers go through one event, of which the last always wins; the others only set what it depends on."""
    pad, chosen, truth, told = given
    gr.on(
        [pad.input, truth.input, told.change, chosen.change], answer, given, shown, **EVENT_OPTIONS
    )
    chosen.input(
        on_run_change, [chosen, truth, examples], [pad, truth, examples, told], **EVENT_OPTIONS
    )
    chosen.change(example_sheet, chosen, examples, **EVENT_OPTIONS)
    examples.click(on_example, chosen, [pad, truth], **EVENT_OPTIONS)
    pad.upload(upload, [chosen, truth], [pad, *shown], **EVENT_OPTIONS)
    kept = gr.JSON(visible=False)
    page.load(
        on_load,
        kept,
        [chosen, truth, examples, told],
        js="() => sessionStorage.getItem('lifelong.truth')",
        **EVENT_OPTIONS,
    )


class RunChoice(gr.Dropdown):
    """A dropdown whose choice the library judges: a run made since the page was built is as good as any."""

    is_template = True

    def preprocess(self, payload: Any) -> str:
        return str(payload)


def host() -> FastAPI:
    """A web application that holds the page at /gradio and nothing else."""
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
        css=CSS,
        head=HEAD,
    )
    # Mounting leaves this unset, and unset means that a client may name any file of this machine as its upload.
    page.has_launched = True
    return app


def warm() -> None:
    """Loads what a first drawing needs: torch and every checkpoint of the run that is shown first."""
    answer(
        api.png(run_inputs.digits()[0, 0]), first_run(None, readable_runs()) or "", PROMPT, False
    )


def warm_photographs() -> None:
    """The same for a first photograph: the backbone takes a second to load."""
    if api.is_shipped(PHOTO_RUN):
        answer(
            _photograph(Image.new("RGB", (ON_PAD, ON_PAD), "grey")), PHOTO_RUN, "airplane", False
        )
