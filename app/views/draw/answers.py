"""Answers of the drawing page: the values of strip, sentence and network input for a picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import quote

import numpy as np

from app.views.draw import facts, run_inputs
from app.views.draw.facts import UNCHOSEN, Choice, Picture, Reading, RunFacts, Truth
from app.views.draw.inputs import Drawing, data_url
from app.views.draw.words import prompts, story
from app.views.draw.words.phrases import percent
from app.views.draw.words.why import SEE, Why, why
from lifelong import api
from lifelong.api import LifelongError

Value = dict[str, Any]
Answer = tuple[list[Value], Value, dict[str, str]]
NOTHING = Drawing()


@dataclass(frozen=True)
class Answered:
    """Everything that the page says about one picture, as facts.

    label: whether the task label was asked for.
    """

    run: RunFacts
    picture: Picture
    choice: Choice
    truth: Truth
    readings: Sequence[Reading]
    label: bool


def answer(drawing: Drawing, run: str, choice: Choice, label: bool) -> Answer:
    """Returns the values of Strip, Sentence and NetworkInput for what is on the pad.

    label: whether the model is to be told which task the picture is from.
    """
    try:
        about = facts.of_run(run)
        pixels = api.preprocess(run, api.open_image(drawing.png)) if drawing.png else None
        if pixels is None:
            blank = Answered(about, Picture("blank"), choice, Truth(), (), label)
            return cards(blank), sentence(blank), run_inputs.network_input(run)
        answered = _answered(about, pixels, drawing, choice, label)
    except LifelongError as error:
        return error_value(str(error), run)
    image = data_url(api.png(pixels))
    return cards(answered), sentence(answered), run_inputs.network_input(run, image)


def _answered(
    run: RunFacts, pixels: np.ndarray, drawing: Drawing, choice: Choice, label: bool
) -> Answered:
    picture = _picture(run.run, pixels, drawing.unfinished)
    truth = facts.truth(run, picture, choice)
    given = facts.is_given(run, label, truth.name) or (label and run.shared_outputs)
    task = run.lesson_of(truth.name) if given and truth.name else None
    answers = api.classify(run.run, pixels, task=task)
    readings = [facts.reading(run, each, truth.name) for each in answers]
    return Answered(run, picture, choice, truth, readings, label)


def _picture(run: str, pixels: np.ndarray, unfinished: bool) -> Picture:
    found = api.recognise(run, pixels)
    if found is None:
        return Picture("unknown", (), unfinished)
    return Picture(found.certainty, found.likeliest, unfinished)


def cards(answered: Answered) -> list[Value]:
    """Returns one dict a checkpoint; all text in it is HTML-escaped."""
    return [_card(answered, after) for after in range(answered.run.learned)]


def _card(answered: Answered, after: int) -> Value:
    run, truth, readings = answered.run, answered.truth, answered.readings
    state = story.known_state(run, truth, readings, after)
    reading = readings[after] if readings else None
    share = reading.share if reading else 0.0
    return {
        "after": after,
        "known": "no" if state == "lost" else state,
        "heading": story.heading(run, after),
        "classes": [] if run.at_once else _classes(run.classes[after], truth.name),
        "prediction": escape(reading.answer) if reading else "?",
        "width": round(100 * share),
        "confidence": percent(share) if reading else "",
        "verdict": story.VERDICTS[state],
        "description": escape(story.description(run, after, state, reading)),
    }


MOST_CLASSES = 6  # on one card


def _classes(names: tuple[str, ...], true_class: str | None) -> list[Value]:
    """Returns the classes of a lesson for its card; of many, the true class and their number."""
    if len(names) > MOST_CLASSES:
        first = [true_class] if true_class in names else []
        shown = [*first, f"{len(names) - len(first)} {'more' if first else 'classes'}"]
    else:
        shown = list(names)
    return [{"name": escape(str(n)), "is_true_class": n == true_class} for n in shown]


def sentence(answered: Answered) -> Value:
    """Returns a value for the Sentence, HTML-escaped."""
    run, picture, truth = answered.run, answered.picture, answered.truth
    text = story.story(
        run, picture, answered.choice, truth, answered.readings, label=answered.label
    )
    announced = answered.choice.name if answered.choice.origin == "announced" else None
    name = prompts.prompt_class(run, announced)
    subject = truth.name or name
    return _sentence_value(
        run.run,
        text,
        tone="quiet" if truth.name is None else "",
        remark=story.remark(picture, truth),
        legend=story.legend(run, picture, truth),
        checked=truth.name or announced or "",
        suggestions=story.suggestions(run, picture, answered.choice, truth),
        why=why(run, truth, answered.readings, answered.label),
        see=SEE if truth.name else "",
        task=run.lesson_of(subject),
        task_given=answered.label,
        busy=picture.unfinished,
        prompt={"name": "" if run.photo else name, "text": prompts.prompt(run, name)},
        announced=name,
    )


def error_value(message: str, run: str) -> Answer:
    """Returns values that show an error in place of any earlier answer."""
    try:
        about = facts.of_run(run)
    except LifelongError:
        return [], _sentence_value(run, message, tone="problem"), run_inputs.network_input(None)
    blank = Answered(about, Picture("blank"), UNCHOSEN, Truth(), (), False)
    value = sentence(blank) | {"text": escape(message), "tone": "problem"}
    return cards(blank), value, run_inputs.network_input(run)


def no_run() -> Answer:
    """Returns values for a page without any run."""
    return [], _sentence_value("", prompts.NO_RUN, tone="problem"), run_inputs.network_input(None)


def _sentence_value(run: str, text: str, **more: Any) -> Value:
    """Returns a value for the Sentence with every field.

    What its template shows is HTML-escaped; legend, prompt, checked and announced are plain.
    """
    reason: Why | None = more.pop("why", None)
    suggestions: list[tuple[str, str]] = more.pop("suggestions", [])
    texts = {"text": text, "tone": "", "remark": "", "see": ""}
    texts |= {name: more.pop(name) for name in texts if name in more}
    return {
        **{name: escape(value) for name, value in texts.items()},
        "run": quote(run),
        "task": 0,
        "task_given": False,
        "busy": False,
        "legend": "",
        "checked": "",
        "announced": "",
        "prompt": {"name": "", "text": ""},
        "suggestions": [{"name": escape(n), "text": escape(words)} for n, words in suggestions],
        "why": escape(reason.question) if reason else "",
        "reasons": [escape(each) for each in reason.sentences] if reason else [],
        "toggle": escape(reason.toggle) if reason else "",
        **more,
    }
