"""Laws of the plain route that answers drawings: together as one by one, whatever is sent."""

import asyncio
import json
import shutil
import time

import httpx
import pytest
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.routing import Route

from app.views.draw import answer_route, answers, gradio_app, inputs
from app.views.draw.answers import Question
from app.views.draw.facts import Choice
from app.views.draw.inputs import Drawing
from app.views.draw.requests import refusing
from lifelong.runs import checkpoints
from lifelong.runs import store as run_store
from lifelong.runs.folders import home
from tests.app.helpers import run_coroutine
from tests.image_helpers import is_one_sentence, png, ring

RUNS = ("mnist-class-finetune", "mnist-class-replay", "mnist-class-joint", "mnist-task-ewc")
NOT_A_QUESTION = [
    b"",
    b"[]",
    b"not JSON",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"run": 7}',
    b'{"run": "mnist-class-finetune", "pad": {"image": "/etc/passwd"}, "choice": {"name": ""}}',
    b'{"run": "mnist-class-finetune", "pad": {}, "choice": {"name": 3, "origin": "hand"}}',
    b'{"run": "mnist-class-finetune", "pad": {}}',
    b'{"run": "no-such-run", "pad": {}, "choice": {"name": ""}}',
    b'{"run": "mnist-class-ewc", "pad": {}, "choice": {"name": ""}, "others": ["a", 7]}',
    b'{"run": "mnist-class-ewc", "pad": {}, "choice": {"name": ""}, "others": "mnist-class-ewc"}',
    b'{"run": "../../etc", "pad": {}, "choice": {"name": ""}}',
]


@pytest.fixture(scope="module")
def client():
    with TestClient(gradio_app.host(), raise_server_exceptions=False) as connected:
        yield connected


def content(run: str = RUNS[0], image: bytes | None = None, **more) -> bytes:
    """Returns a question as a browser sends it."""
    pad = {"image": inputs.data_url(image) if image else "", "unfinished": False}
    sent = {"run": run, "pad": pad, "choice": {"name": "", "origin": ""}, "label": False}
    return json.dumps(sent | more).encode()


def questions() -> list[Question]:
    """Returns questions about several runs, with and without a picture, a choice and a label."""
    drawings = [Drawing(png(ring())), Drawing(), Drawing(b"damaged"), Drawing(png(ring()), True)]
    named = [
        Question(drawing, run, choice, label)
        for run in RUNS
        for drawing in drawings
        for choice in (Choice(), Choice("3", "hand"))
        for label in (False, True)
    ]
    return [*named, Question(Drawing(png(ring())), "no-such-run")]


def without_shares(value):
    """Returns an answer without what a product of several rows may round in another way."""
    strip, sentence, network_input = value
    cards = [{k: v for k, v in card.items() if k not in ("width", "confidence")} for card in strip]
    return cards, sentence["text"], sentence["checked"], network_input


def test_answers_given_together_are_those_given_one_by_one():
    sent = questions()
    together = answers.answer_all(sent)
    assert len(together) == len(sent)
    for question, value in zip(sent, together):
        assert without_shares(value) == without_shares(answers.answer(question))


def test_the_route_answers_with_the_values_of_the_parts(client):
    reply = client.post("/answer", content=content(image=png(ring())))
    assert reply.status_code == 200
    strip, sentence, network_input = answers.answer(Question(Drawing(png(ring())), RUNS[0]))
    shown = {"strip": strip, "sentence": sentence, "network_input": network_input}
    nothing_more = {"own": None, "others": [], "still_known": "", "within": None}
    assert reply.json() == json.loads(json.dumps(shown | nothing_more))


@pytest.mark.parametrize("sent", NOT_A_QUESTION)
def test_anything_else_is_refused_in_one_sentence(client, sent):
    reply = client.post("/answer", content=sent)
    assert reply.status_code == 400 and is_one_sentence(reply.json()["error"])


def test_a_request_of_any_size_is_refused_without_being_read_to_its_end(client):
    taken = []

    def endless():
        for _ in range(10_000):
            taken.append(1)
            yield b" " * 100_000

    reply = client.post("/answer", content=endless())
    assert reply.status_code == 400 and "too large" in reply.json()["error"]


def test_a_damaged_picture_is_an_answer_that_says_so(client):
    reply = client.post("/answer", content=content(image=b"\x89PNG nonsense"))
    assert reply.status_code == 200 and reply.json()["sentence"]["tone"] == "problem"


@pytest.fixture
def damaged():
    """A copy of the first run, of which the second and the fourth checkpoint are damaged."""
    folder = home() / "a-damaged-copy"
    shutil.copytree(run_store.folder(RUNS[0]), folder)
    for after in (1, 3):
        file = checkpoints.inference_file(folder, after)
        file.write_bytes(file.read_bytes()[:1000])
    yield folder
    shutil.rmtree(folder)


def test_the_good_checkpoints_of_a_run_answer_beside_the_sentence_about_a_damaged_one(damaged):
    choice = Choice("0", "hand")
    ask = Question(Drawing(png(ring())), damaged.name, choice, others=(RUNS[1],), within=True)
    whole = Question(Drawing(png(ring())), RUNS[0], choice)
    page, expected = answers.answer_page([ask, whole])
    strip, sentence = page["strip"], page["sentence"]
    assert [card["known"] == "damaged" for card in strip] == [False, True, False, True, False]
    assert [strip[k]["prediction"] for k in (0, 2, 4)] == [
        expected["strip"][k]["prediction"] for k in (0, 2, 4)
    ]
    assert {strip[k]["prediction"] for k in (1, 3)} == {"?"} and strip[1]["verdict"] == "damaged"
    assert sentence["tone"] == "problem" and "task-1.safetensors" in sentence["text"]
    assert is_one_sentence(sentence["text"]) and not sentence["why"] and not sentence["pin"]
    assert page["others"] == [] and page["within"] is None, "nothing is concluded from a part"


def test_a_damaged_network_beside_another_is_shown_with_its_good_checkpoints(damaged):
    question = Question(Drawing(png(ring())), RUNS[1], others=(damaged.name,))
    ((other,),) = [page["others"] for page in answers.answer_page([question])]
    assert "task-1.safetensors" in other["line"] and len(other["cards"]) == 5
    assert [card["known"] == "damaged" for card in other["cards"]].count(True) == 2


def test_a_run_without_a_good_checkpoint_is_one_sentence(damaged):
    for file in damaged.glob("task-*.safetensors"):
        file.unlink()
    strip, sentence, _ = answers.answer(Question(Drawing(png(ring())), damaged.name))
    assert {card["known"] for card in strip} == {"blank"} and sentence["tone"] == "problem"
    assert is_one_sentence(sentence["text"])


def test_questions_that_wait_are_answered_together_in_bounded_batches(monkeypatch):
    sizes, count = [], answer_route.LARGEST_BATCH + 3

    def counted(questions):
        sizes.append(len(questions))
        return [{"run": question.run} for question in questions]

    async def ask_all():
        batches = answer_route.Batches()
        return await asyncio.gather(
            *(batches.answer(Question(Drawing(), str(i))) for i in range(count))
        )

    monkeypatch.setattr(answer_route, "answer_page", counted)
    assert [answer["run"] for answer in run_coroutine(ask_all())] == [str(i) for i in range(count)]
    assert sizes == [answer_route.LARGEST_BATCH, 3]


def test_beyond_its_capacity_the_route_asks_to_come_again(client, monkeypatch):
    monkeypatch.setattr(answer_route, "MOST_WAITING", 0)
    reply = client.post("/answer", content=content())
    assert reply.status_code == 503 and is_one_sentence(reply.json()["error"])
    assert reply.headers["Retry-After"] == "1"


def test_where_answers_are_slow_visitors_are_told_so_and_those_taken_are_answered(monkeypatch):
    def slow(questions):
        time.sleep(0.2)
        return [{"run": question.run} for question in questions]

    async def visit():
        busy, statuses = answer_route.AnswerRoute(), []
        host = Starlette(routes=[Route("/answer", refusing(busy.answer), methods=["POST"])])
        transport = httpx.ASGITransport(host)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as visitor:
            await visitor.post("/answer", content=content())  # so long does it take
            tasks = []
            for _ in range(6):
                tasks.append(asyncio.create_task(visitor.post("/answer", content=content())))
                await asyncio.sleep(0.01)
            statuses = [await task for task in tasks]
            return statuses, await visitor.post("/answer", content=content())

    monkeypatch.setattr(answer_route, "answer_page", slow)
    monkeypatch.setattr(answer_route, "LARGEST_BATCH", 1)
    monkeypatch.setattr(answer_route, "MOST_SECONDS", 0.5)
    replies, later = run_coroutine(visit())
    turned_away = [reply for reply in replies if reply.status_code == 503]
    assert [reply.status_code for reply in replies[:2]] == [200, 200], "the first ones are taken"
    assert 2 <= len(turned_away) <= 4 and {r.status_code for r in replies} == {200, 503}
    for reply in turned_away:
        assert is_one_sentence(reply.json()["error"]) and "longer" in reply.json()["error"]
        assert reply.headers["Retry-After"] == "1"
    assert later.status_code == 200, "once they are answered, there is room"


def test_one_slow_answer_turns_nobody_away(monkeypatch):
    batches = answer_route.Batches()
    batches._seconds = 60.0
    assert not batches.is_full and batches.expected_seconds == 60


def test_an_error_ends_the_requests_of_its_batch_and_no_later_one(monkeypatch):
    def broken(questions):
        raise ValueError("a bug")

    async def ask_twice():
        batches = answer_route.Batches()
        with monkeypatch.context() as patch:
            patch.setattr(answer_route, "answer_page", broken)
            found = await asyncio.gather(
                batches.answer(Question(Drawing(), "a")), return_exceptions=True
            )
        return found, await batches.answer(Question(Drawing(), RUNS[0]))

    [error], answer = run_coroutine(ask_twice())
    assert isinstance(error, ValueError) and len(answer["strip"]) == 5
