"""Plain route of the drawing page: POST /answer, with what a visitor asks of a run as JSON.

Gradio's queue takes about 10 answers a second in all; a drawing is answered 10 times a second for
each visitor while it is drawn. Whatever arrives from a browser is validated here.
"""

import asyncio
import math
import time
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from app.views.draw import run_inputs
from app.views.draw.answers import Question, answer_page
from app.views.draw.inputs import LARGEST_DRAWING, sent_choice, sent_drawing
from app.views.draw.requests import content_of, json_object, refusing
from app.views.draw.values import Value
from lifelong.api import LifelongError

LARGEST_REQUEST = LARGEST_DRAWING + 10_000  # bytes
MOST_WAITING = 100  # questions; further ones are turned away
MOST_SECONDS = 2.0  # until the answer to a question; one that would take longer is turned away
LARGEST_BATCH = 16  # a larger one would have the first of its visitors wait
MOST_OTHERS = 4  # networks that answer beside the one on screen
TOO_LARGE = "That drawing is too large; clear the pad and draw again."
BUSY = "Many people are drawing at the moment; the answer may take a little longer."


class Batches:
    """Answers to the questions that wait at the same moment, which are answered together."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Question, asyncio.Future[Value]]] = []
        self._work: asyncio.Task[None] | None = None
        self._seconds = 0.0  # of the last batch

    @property
    def expected_seconds(self) -> float:
        """Seconds until a further question is answered, if batches take as long as the last."""
        is_at_work = self._work is not None and not self._work.done()
        return self._seconds * (is_at_work + len(self._waiting) // LARGEST_BATCH + 1)

    @property
    def is_full(self) -> bool:
        """True while no further question is taken.

        One may always wait: a batch may be slow once.
        """
        too_slow = self.expected_seconds > MOST_SECONDS and bool(self._waiting)
        return too_slow or len(self._waiting) >= MOST_WAITING

    async def answer(self, question: Question) -> Value:
        """Returns the answer to a question."""
        answer: asyncio.Future[Value] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._answer_all())
        return await answer

    async def _answer_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:LARGEST_BATCH], self._waiting[LARGEST_BATCH:]
            # The visitor has gone, or has asked about a newer drawing.
            batch = [(question, answer) for question, answer in batch if not answer.cancelled()]
            questions = [question for question, _ in batch]
            began = time.monotonic()
            work = asyncio.ensure_future(run_in_threadpool(answer_page, questions))
            await asyncio.wait([work])
            self._seconds = time.monotonic() - began
            error = work.exception()
            for at, (_, answer) in enumerate(batch):
                if answer.done():
                    continue
                if error is None:
                    answer.set_result(work.result()[at])
                else:  # a bug; the request of each of them fails, later ones do not
                    answer.set_exception(error)


class AnswerRoute:
    """The route; photographs, which take longer, do not hold drawings up."""

    def __init__(self) -> None:
        self.drawings, self.photographs = Batches(), Batches()

    async def answer(self, request: Request) -> JSONResponse:
        """Returns the values of the page's parts, or one sentence with status 503."""
        question = sent_question(await content_of(request, LARGEST_REQUEST, TOO_LARGE))
        batches = self.photographs if run_inputs.is_photo(question.run) else self.drawings
        if batches.is_full:
            seconds = str(max(1, math.ceil(batches.expected_seconds)))
            return JSONResponse({"error": BUSY}, 503, {"Retry-After": seconds})
        return JSONResponse(await batches.answer(question))


def route() -> Route:
    """Returns the route for a web application."""
    return Route("/answer", refusing(AnswerRoute().answer), methods=["POST"])


def sent_question(content: bytes) -> Question:
    """Returns the question that a browser sent as JSON. Raises LifelongError for anything else."""
    sent = json_object(content)
    if not isinstance(sent.get("run"), str):
        raise LifelongError("A question is a JSON object with the run and what is on the pad.")
    drawing, choice = sent_drawing(sent.get("pad")), sent_choice(sent.get("choice"))
    if drawing is None:
        raise LifelongError("That drawing could not be read; clear the pad and draw again.")
    if choice is None:
        raise LifelongError(
            "What was drawn has to be one of the classes that the model knows; choose one of them."
        )
    on = {name: sent.get(name) is True for name in ("label", "within", "spoke")}
    return Question(drawing, sent["run"], choice, others=sent_others(sent.get("others")), **on)


def sent_others(sent: Any) -> tuple[str, ...]:
    """Returns the further runs that a browser sent. Raises LifelongError for what is none.

    >>> sent_others(None), sent_others(["a-run", "another", "a-run"])
    ((), ('a-run', 'another'))
    """
    if sent is None:
        return ()
    names = sent if isinstance(sent, list) else [None]
    if not all(isinstance(name, str) for name in names) or len(names) > MOST_OTHERS:
        raise LifelongError(f"Further networks are the ids of at most {MOST_OTHERS} runs.")
    return tuple(dict.fromkeys(names))
