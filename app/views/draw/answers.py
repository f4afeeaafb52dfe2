"""Answers of the drawing page: strip, sentence and network input for one drawing."""

from html import escape
from typing import Any
from urllib.parse import quote

import numpy as np

from app.views.draw import run_inputs
from app.views.draw.checkpoint_cards import cards, own_task, verdicts
from app.views.draw.components import data_url
from app.views.draw.story import mistaken, named, story
from lifelong import api
from lifelong.api import LifelongError

INVITATION = "Each card is the same model, one task later. {}, and all of them answer at once."
Answer = tuple[list[dict[str, Any]], dict[str, Any], dict[str, str]]


def answer(drawing: bytes | None, run: str, true_class: str, task_given: bool) -> Answer:
    """Returns the values of Strip, Sentence and NetworkInput for a drawing, a PNG file.

    task_given: whether the model is told which task the drawing is from.
    """
    try:
        history = api.history(run)
        own = own_task(history, true_class)
        pixels = api.preprocess(run, api.open_image(drawing)) if drawing else None
        photo = run_inputs.is_photo(run)
        if pixels is None:
            invitation = INVITATION.format("Upload a picture" if photo else "Draw")
            sentence = sentence_value(invitation, run, own, task_given, tone="quiet")
            return cards(history, true_class), sentence, run_inputs.network_input(run)
        answers = api.classify(run, pixels, task=own if task_given else None)
        doubt = _doubt(history.config.dataset, pixels, true_class)
    except LifelongError as error:
        return error_value(str(error), run, true_class)
    judged = verdicts(answers, true_class)
    sentence = sentence_value(
        story(true_class, own, judged, task_given=task_given),
        run,
        own,
        task_given,
        why="See the curve" if all(verdict.known for verdict in judged[own:]) else "Why?",
        doubt=doubt,
        claim="it shows" if photo else "I drew",
    )
    image = data_url(api.png(pixels))
    return cards(history, true_class, answers), sentence, run_inputs.network_input(run, image)


def _doubt(dataset: str, pixels: np.ndarray, true_class: str) -> str:
    """Returns the class that this surely is where it is not the one named; else an empty text."""
    judge = api.dataset_spec(dataset).judge_run
    if judge is None or not api.is_shipped(judge):
        return ""
    likeliest, share = api.classify(judge, pixels)[-1].top[0]
    return likeliest if mistaken(true_class, likeliest, share) else ""


def error_value(message: str, run: str, true_class: str) -> Answer:
    """Returns values that show an error in place of any earlier answer."""
    try:
        blank, image = cards(api.history(run), true_class), run_inputs.network_input(run)
    except LifelongError:
        blank, image = [], run_inputs.network_input(None)
    return blank, sentence_value(message, run, tone="problem"), image


def sentence_value(
    text: str, run: str, task: int = 0, task_given: bool = False, **more: str
) -> dict[str, Any]:
    """Returns a value for the Sentence, HTML-escaped. more: tone, why, doubt, claim."""
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
    escaped = {name: escape(value) for name, value in words.items()}
    return {**escaped, "run": quote(run), "task": task, "task_given": task_given}
