"""Other networks, and the lesson that lost a class: sentences against facts, and the route."""

import itertools
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from app.views.draw import answers, choices, facts, others
from app.views.draw.answer_route import MOST_OTHERS, sent_others
from app.views.draw.answers import Question
from app.views.draw.facts import Choice, Reading
from app.views.draw.inputs import Drawing
from app.views.draw.words import remedies, within
from app.views.draw.words.within import Moment
from lifelong import api
from lifelong.api import LifelongError, Storage
from tests.app.draw_claims import article, is_share, listed
from tests.app.test_draw_sentences import PAIRS, facts_of
from tests.helpers import config, learned_run
from tests.image_helpers import is_one_sentence, png, ring

RUN = "mnist-class-finetune"
RIVALS = ("mnist-class-ewc", "mnist-class-replay", "mnist-class-analytic")
TRANSFER = tuple(f"mnist-transfer-{name}" for name in ("scratch", "frozen", "lwf"))
DEEP, DEEP_REMEDY = "cifar10-class-finetune-whole", "cifar10-class-er-ace-whole"
ZERO = Drawing(png(ring()))
FORGETS, TASK = facts_of(PAIRS), facts_of(PAIRS, task_given=True)


def page(run: str = RUN, drawing: Drawing = ZERO, runs=(), inside=False, **more) -> dict:
    question = Question(drawing, run, others=tuple(runs), within=inside, **more)
    return answers.answer_page([question])[0]


def known(*verdicts: bool) -> list[Reading]:
    return [Reading("0" if each else "1", 0.9, each, 0.9 if each else 0.1) for each in verdicts]


@pytest.mark.parametrize("ends", list(itertools.product((True, False), repeat=3)), ids=str)
@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize(("run", "label"), [(FORGETS, False), (FORGETS, True), (TASK, False)])
def test_networks_that_still_know_it_are_those_whose_last_answer_is_right(run, label, count, ends):
    titles = ["EWC", "Replay", "Analytic"][:count]
    rivals = [(title, known(not end, end)) for title, end in zip(titles, ends)]
    text = remedies.still_known(run, "8", rivals, label)
    right = [title for title, end in zip(titles, ends) if end]
    wrong = [title for title in titles if title not in right]
    condition = {
        (False, True): "With the lesson given, ",
        (True, False): "Without the lesson given, ",
    }
    text = text.removeprefix(condition.get((run.task_given, label), ""))
    found = re.fullmatch(r"(.+?) reads? it as an 8 in the end(?:; (.+) do(?:es)? not)?\.", text)
    assert found
    if right:
        assert found[1] == listed(right) and found[2] == (listed(wrong) if wrong else None)
    else:
        assert found[2] is None
        expected = {
            1: f"not even {titles[0]}",
            2: f"neither {listed(titles, 'nor')}",
            3: "none of them",
        }
        assert found[1].lower() == expected[count].lower()


@pytest.mark.parametrize(
    "storage",
    [
        None,
        Storage({}, 0, 60_000),
        Storage({"images": 800_000}, 1000, 60_000),
        Storage({"images": 48_000_000}, 60_000, 60_000),
        Storage({"weights": 3_827_284}, 0, 60_000),
        Storage({"images": 2_000_000}, None, 50_000),
        Storage({"images": 800_000, "logits": 40_000}, 1000, 60_000),
    ],
    ids=str,
)
def test_what_is_kept_is_what_was_measured(storage):
    text = remedies.cost(storage)
    assert bool(text) == (storage is not None)
    if storage is None:
        return
    assert (text == "Keeps nothing.") == (not storage.kinds)
    assert ("no image" in text) == (storage.images == 0 and bool(storage.kinds))
    if storage.images:
        assert f"{storage.images:,}" in text
    assert ("all " in text) == (storage.images == storage.of)


def test_what_is_right_in_the_end_is_the_last_row_of_the_record():
    run = facts_of(PAIRS, [1.0, 0.8, 0.6, 0.4, 0.4])
    assert remedies.outcome(run) == "80\xa0% of the test digits right in the end."
    halves = facts_of((tuple("01234"), tuple("56789")), [0.98, 0.18], task_given=True)
    moved = replace(halves, has_source=True, images_per_class=20)
    assert remedies.outcome(moved) == (
        "The new digits, from 20 images each: 90\xa0% right. The old ones: 98\xa0% before, 18\xa0%"
        " after."
    )


def moments(*verdicts: bool, alone: str = "0") -> list[Moment]:
    steps = (0, 1, 5, 20, 2000)
    return [
        Moment(step, replace(each, alone_answer=alone, shares=(("0", 0.9), ("1", 0.1))))
        for step, each in zip(steps, known(*verdicts))
    ]


@pytest.mark.parametrize("verdicts", list(itertools.product((True, False), repeat=4)), ids=str)
def test_the_steps_between_which_it_was_lost_are_those_of_the_first_loss(verdicts):
    found = moments(True, *verdicts)
    text = within.lead(FORGETS, "0", 1, found, label=False)
    assert text.startswith("Through the 2,000 steps of 2 and 3. ")
    lost = next((at for at in range(4) if not verdicts[at]), None)
    if lost is None:
        assert "is lost at none" in text
    else:
        low, high = found[lost].step, found[lost + 1].step
        assert text.endswith(f"is first lost between steps {low:,} and {high:,}.")


@pytest.mark.parametrize("still", [True, False])
def test_it_is_still_in_there_only_if_its_own_lesson_says_so(still):
    found = moments(True, True, False, False, False, alone="0" if still else "1")
    assert (within.heading("0", found) == "It is still in there") == still
    given = moments(*[True] * 4, still)
    text = within.lead(FORGETS, "0", 1, given, label=True)
    assert ("was still in there" in text) == still and ("Even so" in text) != still


def test_a_moment_names_the_two_that_compete_and_the_class_drawn():
    reading = Reading("2", 0.6, False, 0.1, shares=(("2", 0.6), ("3", 0.3), ("0", 0.1)))
    text = within.moment(2000, Moment(5, reading), "0")
    two, three, zero = re.fullmatch(
        r"After 5 of 2,000 steps: 2 \((.+?)\), then 3 \((.+?)\); 0 has (.+)", text
    ).groups()
    assert is_share(two, 0.6) and is_share(three, 0.3) and is_share(zero, 0.1)
    assert within.moment(9, Moment(0, reading), "3").startswith("Before the lesson: ")
    assert "has" not in within.moment(9, Moment(1, reading), "3")


def test_other_networks_answer_the_same_drawing():
    sent = page(runs=RIVALS)
    assert [each["run"] for each in sent["others"]] == list(RIVALS)
    for each in sent["others"]:
        assert each["cards"] == answers.answer(Question(ZERO, each["run"]))[0]
    replay = next(each for each in sent["others"] if each["run"] == "mnist-class-replay")
    assert [card["prediction"] for card in replay["cards"]] == ["0"] * 5
    assert "Keeps 1,000 of 60,000 images (800 kB)." in replay["line"].replace("\xa0", " ")
    assert sent["sentence"]["rescue"] == remedies.QUESTION
    assert sent["own"]["title"] == "Fine-tuning" and "Keeps nothing." in sent["own"]["line"]
    assert article("0") in sent["still_known"]


def test_nothing_is_asked_where_nothing_was_lost():
    assert page("mnist-class-replay")["sentence"]["rescue"] == ""
    assert page("mnist-class-joint")["sentence"]["rescue"] == ""
    assert page(drawing=Drawing())["sentence"]["rescue"] == ""
    assert page("mnist-class-replay", inside=True)["within"] is None


@pytest.mark.parametrize("label", [False, True])
def test_the_lesson_that_lost_it_is_answered_step_by_step(label):
    found = page(inside=True, label=label)["within"]
    assert found["learning"] == 1 and len(found["moments"]) == 15
    first, last = found["moments"][0], found["moments"][-1]
    cards = page(label=label)["strip"]
    assert first["bars"][0] == cards[0]["bars"][0] and last["bars"] == cards[1]["bars"]
    assert len(last["bars"]) == (2 if label else 10)
    assert [name for name, *_, drawn in last["bars"] if drawn] == ["0"]


def test_a_blank_pad_and_a_doubtful_picture_claim_nothing():
    blank = page(drawing=Drawing(), runs=RIVALS, inside=True)
    assert blank["within"] is None and blank["still_known"] == ""
    assert [len(each["cards"]) for each in blank["others"]] == [5, 5, 5]
    doubtful = page(runs=RIVALS, inside=True, choice=Choice("3", "announced"))
    assert doubtful["within"] is None and doubtful["still_known"] == ""


def test_a_run_that_cannot_answer_says_so_in_its_strip(monkeypatch):
    sent = page(runs=["mnist-transfer-lwf", "no-such-run", RUN, "mnist-class-ewc"])
    assert [each["run"] for each in sent["others"]] == [
        "mnist-transfer-lwf",
        "no-such-run",
        "mnist-class-ewc",
    ]
    for each in sent["others"][:2]:
        assert each["cards"] == [] and is_one_sentence(each["line"])
    assert page(run="no-such-run", runs=RIVALS)["others"] == []


@pytest.mark.parametrize(
    "sent", [7, "a", [7], [None], {"a": 1}, ["run"] * (MOST_OTHERS + 1), [["run"]]], ids=str
)
def test_anything_else_than_a_few_runs_is_refused(sent):
    with pytest.raises(LifelongError) as error:
        sent_others(sent)
    assert is_one_sentence(str(error.value))


def test_transfer_is_answered_side_by_side_before_and_after():
    sent = page("mnist-transfer-finetune", label=True, runs=TRANSFER)
    assert sent["sentence"]["rescue"]
    assert [len(each["cards"]) for each in sent["others"]] == [2, 2, 2]
    first = {json.dumps(each["cards"][0]["bars"]) for each in sent["others"]}
    assert len(first) == 1, "one source, learned once"
    assert all("before" in each["line"] for each in sent["others"])


def test_runs_shown_beside_one_another_learned_the_same_lessons():
    runs = choices.readable_runs()
    of = {choice.run: choice for choice in runs}
    assert {of[run].question for run in (RUN, *RIVALS)} == {of[RUN].question}
    assert [of[run].remedy for run in (RUN, *RIVALS)] == [0, 1, 2, 3]
    assert len({of[run].question for run in (RUN, "mnist-task-ewc", TRANSFER[0])}) == 3
    titles = [title for title, _ in choices.groups(runs, photo=False)]
    assert "Transfer: 0 to 4, then 5 to 9 from 20 images each" in titles
    listed_runs = [c.run for _, members in choices.groups(runs, photo=False) for c in members]
    assert sorted(listed_runs) == sorted(of)


def test_a_whole_deep_network_is_named_and_has_remedies_of_its_own():
    runs = {choice.run: choice for choice in choices.readable_runs()}
    deep = [each for each in runs.values() if "whole ResNet-50" in each.name]
    assert {each.run for each in deep} >= {DEEP, DEEP_REMEDY} and all(each.photo for each in deep)
    assert {each.question for each in deep} == {runs[DEEP].question}
    assert runs[DEEP].question != runs["cifar10-class-finetune"].question
    assert runs[DEEP].remedy == 0 and sorted(each.remedy for each in deep) == [0, 1, 2]
    about = facts.of_run(DEEP)
    answered = replace(answers.read_all([Question(Drawing(), DEEP)])[0], run=about)
    assert others._strip(DEEP, answered)["title"] == "Fine-tuning · whole ResNet-50"


def test_a_run_of_ones_own_is_named_apart_from_one_that_ships():
    folder = learned_run(config("replay"))
    answered = answers.read_all([Question(Drawing(), folder.name)])[0]
    strip = others._strip(folder.name, answered)
    assert folder.name[-6:] in strip["title"] and not api.is_shipped(folder.name)
    assert facts.of_run(folder.name).images_per_class is None


@pytest.mark.parametrize("label", [False, True])
def test_pixels_that_spoke_for_it_are_shown_on_demand(label):
    assert page(label=label)["sentence"]["spoke"] is None
    found = page(spoke=True, label=label)["sentence"]["spoke"]
    assert found["lead"].startswith("Light green pixels spoke for 0,") and len(found["maps"]) == 5
    pixels = api.preprocess(RUN, api.open_drawing(ZERO.png))
    leads = api.contributions(RUN, pixels, "0", 0 if label else None)
    for each, lead in zip(found["maps"], leads):
        values = lead.values
        given, against = values[values > 0].sum(), -values[values < 0].sum()
        assert each["captions"] == [f"{given:.1f} for 0", f"{against:.1f} for {lead.rival}"]
        assert all(words in each["alt"] for words in each["captions"])
        assert each["image"].startswith("data:image/png")
    assert "Added up they give that lead but for at most" in found["note"]
    blank = page(drawing=Drawing(), spoke=True)["sentence"]["spoke"]
    rounded = page("mnist-class-analytic", spoke=True, label=label)["sentence"]["spoke"]
    assert blank is None and rounded["maps"] == [] and "no gradient" in rounded["lead"]


def test_a_missing_picture_says_why(monkeypatch):
    """A copy may end in a task that analytic learning taught, after others that have gradients."""
    full = api.contributions(RUN, api.preprocess(RUN, api.open_drawing(ZERO.png)), "0")
    for found, words in (
        ([*full[:4], None], [*[None] * 4, "no gradient"]),
        ([None, *full[1:]], ["no gradient", *[None] * 4]),
    ):
        monkeypatch.setattr(api, "contributions", lambda *_, found=found: found)
        maps = page(spoke=True)["sentence"]["spoke"]["maps"]
        assert [None if each["image"] else each["captions"][0] for each in maps] == words


def test_squares_of_a_photograph_do_not_add_up_to_its_lead_and_the_page_says_so():
    pixels = np.random.default_rng(0).integers(0, 256, (3, 32, 32)).astype(np.uint8)
    drawing = Drawing(api.png(pixels))
    question = {"drawing": drawing, "choice": Choice("airplane", "label"), "spoke": True}
    found = page("cifar10-class-finetune", **question)["sentence"]["spoke"]
    assert found["lead"].startswith("Light green squares spoke for airplane,") and found["photo"]
    leads = api.contributions("cifar10-class-finetune", pixels, "airplane")
    apart = max(abs(each.lead - each.values.sum()) / max(abs(each.lead), 1) for each in leads)
    assert apart > 0.25 and "Added up they do not give that lead" in found["note"]
    assert "squares of 4 × 4 pixels" in found["note"] and len(found["maps"]) == 5
