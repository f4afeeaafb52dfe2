"""Values of the components that show an answer: strip, sentence and network input."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any
from urllib.parse import quote

import numpy as np

from app.views.draw import facts, run_inputs
from app.views.draw.facts import UNCHOSEN, Choice, Picture, Reading, RunFacts, Truth
from app.views.draw.words import choosing, prompts, remedies, story
from app.views.draw.words.phrases import percent
from app.views.draw.words.spoke import QUESTION
from app.views.draw.words.why import SEE, Why, why
from lifelong import api
from lifelong.api import LifelongError

Value = dict[str, Any]
Answer = tuple[list[Value], Value, dict[str, str]]


@dataclass(frozen=True)
class Answered:
    """Everything that the page says about one picture, as facts.

    pixels: of the network's input, None for a blank pad; prepared: the same before the lesson of
    the true class transforms it. label: whether the task label was asked for. problem: a sentence
    about a checkpoint that is damaged, empty for none.
    """

    run: RunFacts
    pixels: np.ndarray | None
    picture: Picture
    choice: Choice
    label: bool
    truth: Truth = Truth()
    readings: Sequence[Reading] = ()
    prepared: np.ndarray | None = None
    problem: str = ""

    @property
    def lesson(self) -> int:
        """Lesson that sees the picture: that of the true class, else the first."""
        return self.run.lesson_of(self.truth.name) if self.truth.name else 0

    def taken_for(self, truth: Truth) -> "Answered":
        """Returns the facts with the class that the picture is taken for, as its lesson sees it."""
        taken = replace(self, truth=truth)
        prepared = self.pixels if self.prepared is None else self.prepared
        if prepared is None:
            return taken
        pixels = api.as_task_sees(self.run.run, prepared, taken.lesson)
        return replace(taken, pixels=pixels, prepared=prepared)

    @property
    def task(self) -> int | None:
        """Task whose label the checkpoints are given, None for none."""
        name = self.truth.name
        given = facts.is_given(self.run, self.label, name) or self.run.shared_outputs
        return self.run.lesson_of(name) if self.label and given and name else None


Found = Answered | LifelongError  # an error stands for the answer that it prevented


def cards(answered: Answered) -> list[Value]:
    """Returns one dict a checkpoint; all text in it is HTML-escaped."""
    return [_card(answered, after) for after in range(answered.run.learned)]


def _card(answered: Answered, after: int) -> Value:
    run, truth, readings = answered.run, answered.truth, answered.readings
    state = story.known_state(run, truth, readings, after)
    reading = readings[after] if readings else None
    answer = None if reading is None or reading.damaged else reading
    share = answer.share if answer else 0.0
    return {
        "after": after,
        "known": "no" if state == "lost" else state,
        "heading": story.heading(run, after),
        "classes": [] if run.at_once else _classes(run.classes[after], truth.name),
        "prediction": escape(answer.answer) if answer else "?",
        "width": round(100 * share),
        "confidence": percent(share) if answer else "",
        "verdict": story.VERDICTS[state],
        "description": escape(story.description(run, after, state, reading)),
        "contest": escape(remedies.bars_heading(run, after, answer.shares)) if answer else "",
        "bars": bars(run, answer, truth.name) if answer else [],
    }


MOST_BARS = 12


def bars(run: RunFacts, reading: Reading, name: str | None) -> list[tuple[str, float, str, bool]]:
    """Returns the probability bars of an answer, in the order of the classes.

    A bar is (class, HTML-escaped; width in per cent; probability; whether this is the true class).
    Of many classes the likeliest are left. name: of the true class, None where it is not known.
    """
    order = {each: at for at, each in enumerate(run.names)}
    shown = sorted(reading.shares[:MOST_BARS], key=lambda pair: order[pair[0].split(" or ")[0]])
    return [
        (escape(label), round(100 * share, 1), percent(share), name in label.split(" or "))
        for label, share in shown
    ]


MOST_CLASSES = 6  # on one card


def _classes(names: tuple[str, ...], true_class: str | None) -> list[Value]:
    """Returns the classes of a lesson for its card; of many, the true class and their number."""
    if len(names) > MOST_CLASSES:
        first = [true_class] if true_class in names else []
        shown = [*first, f"{len(names) - len(first)} {'more' if first else 'classes'}"]
    else:
        shown = list(names)
    return [{"name": escape(str(n)), "is_true_class": n == true_class} for n in shown]


def _story(answered: Answered, truth: Truth) -> str:
    run, picture, label = answered.run, answered.picture, answered.label
    return story.story(run, picture, answered.choice, truth, answered.readings, label=label)


def _shared_text(answered: Answered) -> str:
    """Returns the sentence for people who did not draw the picture."""
    truth = answered.truth
    doubted = truth.basis == "network" or story.contradicted(answered.run, answered.picture, truth)
    if truth.name and not doubted:
        truth = replace(truth, basis="example")
    return _story(answered, truth)


def sentence(answered: Answered) -> Value:
    """Returns a value for the Sentence, HTML-escaped."""
    run, picture, truth = answered.run, answered.picture, answered.truth
    text = _story(answered, truth)
    announced = answered.choice.name if answered.choice.origin == "announced" else None
    name = prompts.prompt_class(run, announced)
    subject = truth.name or name
    return _sentence_value(
        run.run,
        text,
        tone="quiet" if truth.name is None else "",
        remark=story.remark(run, picture, truth),
        legend=choosing.legend(run, picture, truth),
        checked=truth.name or announced or "",
        suggestions=choosing.suggestions(run, picture, answered.choice, truth),
        why=why(run, truth, answered.readings, answered.label),
        see=SEE if truth.name else "",
        share="" if picture.shows == "blank" else prompts.SHARE,
        shared=_shared_text(answered),
        pin=prompts.PIN if truth.name and not picture.unfinished else "",
        pinned=prompts.pinned(truth.name) if truth.name else "",
        photo=run.photo,
        rescue=_rescue(answered),
        task=run.lesson_of(subject),
        task_given=answered.label,
        busy=picture.unfinished,
        prompt={"name": "" if run.photo else name, "text": prompts.prompt(run, name)},
        announced=name,
    )


def _rescue(answered: Answered) -> str:
    """Returns the words of the button that shows other networks, where this one lost the class."""
    run, name = answered.run, answered.truth.name
    if name is None or run.at_once:
        return ""
    lost = facts.losses(run, answered.readings, name)
    return remedies.QUESTION if lost else remedies.SIDE_BY_SIDE if run.has_source else ""


def error_value(message: str, run: str) -> Answer:
    """Returns values that show an error in place of any earlier answer."""
    try:
        about = facts.of_run(run)
    except LifelongError:
        return [], _sentence_value(run, message, tone="problem"), run_inputs.network_input(None)
    blank = Answered(about, None, Picture("blank"), UNCHOSEN, False, problem=message)
    return cards(blank), problem_sentence(blank), run_inputs.network_input(run)


def problem_sentence(answered: Answered) -> Value:
    """Returns a value for the Sentence that tells the problem of an answer and claims nothing."""
    blank = replace(answered, picture=Picture("blank"), choice=UNCHOSEN, truth=Truth(), readings=())
    return sentence(blank) | {"text": escape(answered.problem), "tone": "problem"}


def no_run() -> Answer:
    """Returns values for a page without any run."""
    return [], _sentence_value("", prompts.NO_RUN, tone="problem"), run_inputs.network_input(None)


def _sentence_value(run: str, text: str, **more: Any) -> Value:
    """Returns a value for the Sentence with every field.

    What its template shows is HTML-escaped; legend, prompt, checked and announced are plain.
    """
    reason: Why | None = more.pop("why", None)
    suggestions: list[tuple[str, str]] = more.pop("suggestions", [])
    names = ("tone", "remark", "see", "share", "shared", "rescue", "pin", "pinned")
    texts = {"text": text} | dict.fromkeys(names, "")
    texts |= {name: more.pop(name) for name in texts if name in more}
    return {
        **{name: escape(value) for name, value in texts.items()},
        "run": quote(run),
        "task": 0,
        "task_given": False,
        "busy": False,
        "photo": False,
        "legend": "",
        "checked": "",
        "announced": "",
        "prompt": {"name": "", "text": ""},
        "suggestions": [{"name": escape(n), "text": escape(words)} for n, words in suggestions],
        "why": escape(reason.question) if reason else "",
        "reasons": [escape(each) for each in reason.sentences] if reason else [],
        "toggle": escape(reason.toggle) if reason else "",
        "question": escape(QUESTION) if reason else "",
        "spoke": None,
        **more,
    }
