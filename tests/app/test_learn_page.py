"""The Learn page: each step with its control, and words that say what the facts say."""

import re
from statistics import fmean

import pytest

from app.shared import glossary
from app.views.learn import charts, digits, words
from app.views.learn.digits import FIXED, PLAIN, RESCUES, Read
from lifelong import api
from lifelong.api import Storage, challenges
from lifelong.api import challenges as rules
from lifelong.formatting import points, whole_percent
from tests.app.helpers import button_keys, open_page, page_text

KEPT = tuple(range(0, 40, 2))
SCORE = rules.Score(old=0.7, new=0.98, per_class=(0.9, 0.8, 0.7, 0.4))


def html_of(at) -> str:
    return "\n".join(each.proto.body for each in at.get("html"))


def address(at) -> dict[str, str]:
    return {name: "".join(value) for name, value in at.query_params.items()}


def states(at) -> list[str]:
    return re.findall(r'<li class="(right|wrong|new|unknown)"', html_of(at))


@pytest.mark.parametrize("step", words.LEAD)
def test_each_step_is_led_by_at_most_three_sentences_whose_terms_are_explained(step):
    assert 1 <= len(re.findall(r"[.?!](?:\s|$)", step.text)) <= 3
    for term in step.terms:
        assert term in step.text and glossary.sentence(term)


@pytest.mark.parametrize("given", ["", "0", "6", "two", "²", "-1", "11"])
def test_any_other_step_is_the_first(given):
    at = open_page("learn", step=given)
    assert at.title[0].value == words.LEAD[0].title
    assert at.button(key="back").disabled


def test_one_walks_forward_and_back_and_the_address_follows():
    at = open_page("learn")
    for step in range(2, words.STEPS + 1):
        at.button(key="next").click().run()
        assert address(at) == {"step": str(step)}
        assert at.title[0].value == words.LEAD[step - 1].title
        assert f"{step} of 5" in html_of(at)
    assert "next" not in button_keys(at)
    at.button(key="back").click().run()
    assert address(at) == {"step": "4"} and at.title[0].value == words.LEAD[3].title


@pytest.mark.parametrize("task", range(5))
def test_a_lesson_shows_its_digits_and_its_accuracy(task):
    at = open_page("learn")
    at.segmented_control(key="lesson").set_value(task).run()
    record = api.history(PLAIN)
    for name in record.started.classes[task]:
        assert html_of(at).count(f'alt="A {name}"') == 3
    assert whole_percent(record.learned[task].accuracy[task]).replace("\u00a0", " ") in page_text(
        at
    )
    assert set(states(at)) <= {"right", "wrong"}


def test_the_slider_changes_the_answers_and_the_curve():
    at = open_page("learn", step="2")
    assert states(at) == ["right", "right", "new", "new", "new", "new"]
    seen = []
    for after in range(5):
        at.select_slider(key="after").set_value(after).run()
        seen.append(states(at))
        expected = digits.reads(PLAIN, digits.fixed(), after)
        assert states(at) == [read.state for read in expected]
        assert words.forgetting(api.history(PLAIN), expected, after) in at.markdown[0].value
    assert seen[4].count("wrong") > seen[1].count("wrong") > 0 and "new" not in seen[4]


@pytest.mark.parametrize("after", range(5))
def test_the_curve_ends_at_the_moment_with_the_accuracy_of_the_record(after):
    history = api.history(PLAIN)
    rows = charts.rows(history, after)
    assert max(row["after"] for row in rows) == after
    for row in rows:
        assert row["accuracy"] == history.learned[row["after"]].accuracy[row["lesson"]]
    assert len(rows) == (after + 1) * (after + 2) // 2


def test_the_hint_brings_back_what_the_record_says_and_no_more():
    at = open_page("learn", step="3")
    assert states(at) == ["wrong"] * 5 + ["right"]
    at.toggle(key="given_task").set_value(True).run()
    given_task = digits.reads(PLAIN, digits.fixed(), 4, given_task=True)
    assert states(at) == [read.state for read in given_task]
    history = api.history(PLAIN)
    for read, name in zip(given_task, FIXED):  # it chooses between the two of the lesson
        assert read.answer in history.started.classes[digits.lesson_of(history, name)]
    text = words.hint(history, True)
    kept, _, guessed = text.partition("hint show.")
    assert "0 and 1 (81" in kept and "4 and 5 (73" in kept
    assert "2 and 3 (53" in guessed and "6 and 7 (48" in guessed


@pytest.mark.parametrize("title", RESCUES)
@pytest.mark.parametrize("name", FIXED[::2])
def test_a_rescue_is_shown_beside_no_rescue_with_what_it_costs(title, name):
    at = open_page("learn", step="4")
    at.segmented_control(key="rescue").set_value(title).run()
    at.segmented_control(key="image").set_value(name).run()
    digit = digits.test_digits(name)[0]
    both = [*digits.strip(PLAIN, digit), *digits.strip(RESCUES[title], digit)]
    assert states(at) == [read.state for read in both]
    text = page_text(at)
    record, storage = api.history(RESCUES[title]), api.storage(RESCUES[title])
    assert words.cost(storage).replace("\u00a0", " ") in text
    assert whole_percent(fmean(record.learned[-1].accuracy)).replace("\u00a0", " ") in text
    assert ("With the hint of step 3" in text) == (title == "EWC")


def test_what_was_not_measured_is_not_claimed():
    assert words.cost(None) == "not measured"
    assert words.cost(Storage({"weights": 3_000_000}, 0, 60_000)) == "no image, 3.0 MB"


def test_the_digits_that_got_a_name_of_the_newest_lesson_are_counted():
    history = api.history(PLAIN)
    reads = [Read("2", 1.0, "wrong"), Read("2", 1.0, "right"), Read("7", 1.0, "wrong")]
    assert "One is now called by a name of the newest lesson" in words.forgetting(history, reads, 1)
    assert "1 of the 3" in words.forgetting(history, reads, 1)
    assert "newest" not in words.forgetting(history, reads[1:], 1)


def test_the_challenge_shows_an_album_and_for_a_choice_its_score(monkeypatch):
    assert "again" not in button_keys(open_page("learn", step="5"))
    monkeypatch.setattr(challenges, "stored_score", lambda kept: SCORE)
    at = open_page("learn", step="5", kept=rules.code(KEPT))
    assert words.verdict(SCORE, rules.rivals()).replace("\u00a0", " ") in page_text(at)
    at.button(key="again").click().run()
    assert address(at) == {"step": "5"} and "again" not in button_keys(at)


@pytest.mark.parametrize("kept", ["", "zz", "ffffffffff", "0000000001"])
def test_a_choice_that_is_none_is_the_album(kept):
    at = open_page("learn", step="5", kept=kept)
    assert "again" not in button_keys(at) and not at.error


def test_without_a_worker_the_challenge_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("LIFELONG_CACHE", str(tmp_path))
    at = open_page("learn", step="5", kept=rules.code(KEPT))
    assert len(at.error) == 1 and "start the app" in at.error[0].value


@pytest.mark.parametrize("old", [0.0, 0.3, 0.6, 0.674, 0.7, 0.731, 0.74, 1.0])
def test_the_verdict_is_honest_on_either_side(old):
    rivals = rules.rivals()
    score = SCORE.with_changes(old=old)
    text = words.verdict(score, rivals)
    for rival, theirs in (("random choice", fmean(rivals.random)), ("herding", rivals.herding)):
        difference = old - theirs
        if abs(difference) <= words.noise(rivals):
            assert f"about as good as {rival}" in text
        else:
            side = "better" if difference > 0 else "worse"
            assert f"{points(difference)} {side} than {rival}" in text
    assert f"better than {sum(old > r for r in rivals.random)} of 10 random" in text


def test_the_best_and_the_worst_digit_are_named():
    assert "0 best (90" in words.by_digit(SCORE) and "3 worst (40" in words.by_digit(SCORE)
    assert words.by_digit(SCORE.with_changes(per_class=(0.5,) * 4)) == ""


@pytest.mark.parametrize("sent", [None, "x", {"0": 1}, [0, "a", None, -1, 40, 1.5]])
def test_what_a_browser_sends_as_a_choice_is_validated(sent):
    from app.views.learn import challenge

    assert challenge._positions(sent) == ([0] if isinstance(sent, list) else [])
