"""Answers of the drawing page: what the checkpoints of a run make of pictures."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from app.shared.data_urls import data_url
from app.views.draw import facts, judgement, others, run_inputs, spoke
from app.views.draw.facts import UNCHOSEN, Choice, Picture
from app.views.draw.inputs import Drawing
from app.views.draw.values import (
    Answer,
    Answered,
    Found,
    Value,
    cards,
    error_value,
    problem_sentence,
    sentence,
)
from lifelong import api
from lifelong.api import LifelongError


@dataclass(frozen=True)
class Question:
    """Question of a visitor about a picture.

    label: whether the network is to be given the task label. others: further runs that are to
    answer, too. within: whether to answer within the lesson that lost the class. spoke: whether to
    show which pixels spoke for the class.
    """

    drawing: Drawing
    run: str
    choice: Choice = UNCHOSEN
    label: bool = False
    others: tuple[str, ...] = ()
    within: bool = False
    spoke: bool = False


def answer(question: Question) -> Answer:
    """Returns the values of Strip, Sentence and NetworkInput for what is on the pad."""
    return answer_all([question])[0]


def answer_all(questions: Sequence[Question]) -> list[Answer]:
    """Returns the answer to each question; the pictures for one run are classified together."""
    return [_values(each, question.run) for question, each in zip(questions, read_all(questions))]


def answer_page(questions: Sequence[Question]) -> list[Value]:
    """Returns for each question the values of all parts of the page, by name.

    The pictures of all questions that a run is to answer are classified together.
    """
    judged = judge_all(questions)
    further = [others.of_runs(each, q.others) for each, q in zip(judged, questions)]
    found = _in_groups([*judged, *itertools.chain(*further)], _question, _read)
    rest = iter(found[len(judged) :])
    return [
        _page(question, own, list(itertools.islice(rest, len(each))))
        for question, own, each in zip(questions, found, further)
    ]


def _page(question: Question, found: Found, further: Sequence[Found]) -> Value:
    strip, sentence, network_input = _values(found, question.run)
    page = {"strip": strip, "sentence": sentence, "network_input": network_input}
    # From the answers of a part of the checkpoints nothing is concluded.
    answered = found if isinstance(found, Answered) and not found.problem else None
    if question.spoke and answered is not None:
        sentence |= {"spoke": spoke.values_of(answered)}
    return page | others.values_of(answered, question.others, further, question.within)


def judge_all(questions: Sequence[Question]) -> list[Found]:
    """Returns for each question what the picture shows and is taken for, or an error."""
    opened = [_or_error(_opened, question) for question in questions]
    return _in_groups(opened, lambda each: each.run.run, _judged)


def read_all(questions: Sequence[Question]) -> list[Found]:
    """Returns the facts of the answer to each question, or an error."""
    return _in_groups(judge_all(questions), _question, _read)


def _question(answered: Answered) -> Hashable:
    return answered.run.run, answered.task


def _or_error(function: Callable[..., Any], *given: Any) -> Any:
    """Returns what a function returns, or the LifelongError that it raises."""
    try:
        return function(*given)
    except LifelongError as error:
        return error


def _in_groups(
    found: Sequence[Found],
    key: Callable[[Answered], Hashable],
    step: Callable[[list[Answered]], list[Answered]],
) -> list[Found]:
    """Takes a step with the pictures of each group; blank pads and errors stay as they are."""
    done, groups = list(found), defaultdict[Hashable, list[int]](list)
    for at, each in enumerate(found):
        if isinstance(each, Answered) and each.pixels is not None:
            groups[key(each)].append(at)
    for places in groups.values():
        members = [each for each in (found[at] for at in places) if isinstance(each, Answered)]
        stepped = _or_error(step, members)
        for nth, at in enumerate(places):
            done[at] = stepped if isinstance(stepped, LifelongError) else stepped[nth]
    return done


def _opened(question: Question) -> Answered:
    run, drawing = facts.of_run(question.run), question.drawing
    image = api.open_drawing(drawing.png) if drawing.png else None
    pixels = None if image is None else api.preprocess(question.run, image)
    picture = Picture("blank" if pixels is None else "unknown", (), drawing.unfinished)
    return Answered(run, pixels, picture, question.choice, question.label)


def _stacked(members: list[Answered]) -> np.ndarray:
    return np.stack([each.pixels for each in members if each.pixels is not None])


def _judged(members: list[Answered]) -> list[Answered]:
    """Adds what each picture shows, and the class it is taken for."""
    pictures = judgement.judged(
        members[0].run, _stacked(members), [each.picture for each in members]
    )
    return [
        replace(each, picture=picture).taken_for(judgement.truth(each.run, picture, each.choice))
        for each, picture in zip(members, pictures)
    ]


def _read(members: list[Answered]) -> list[Answered]:
    """Adds the answers of all checkpoints."""
    run, task = members[0].run, members[0].task
    found, problem = api.classify_good(run.run, _stacked(members), task)
    return [
        replace(
            each,
            readings=[facts.reading(run, one, each.truth.name) for one in answers],
            problem=problem,
        )
        for each, answers in zip(members, found)
    ]


def _values(answered: Found, run: str) -> Answer:
    if isinstance(answered, LifelongError):
        return error_value(str(answered), run)
    image = "" if answered.pixels is None else data_url(api.png(answered.pixels))
    network_input = run_inputs.network_input(answered.run.run, image, answered.lesson)
    said = problem_sentence(answered) if answered.problem else sentence(answered)
    return cards(answered), said, network_input
