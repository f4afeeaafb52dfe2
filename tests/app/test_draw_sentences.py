"""Every sentence of the drawing page in every state, against the facts that it claims."""

import itertools
import re
from dataclasses import replace
from types import SimpleNamespace

import pytest

from app.shared import run_text
from app.views.draw import facts
from app.views.draw.facts import Choice, Picture, Reading, RunFacts, Truth
from app.views.draw.judgement import truth
from app.views.draw.words import choosing, prompts, remedies, spoke, story
from app.views.draw.words.why import why
from tests.app.draw_claims import State, article, check, is_share, lesson_named, listed

PAIRS = (("0", "1"), ("2", "3"), ("4", "5"), ("6", "7"), ("8", "9"))
HALVES = (tuple("01234"), tuple("56789"))
ONES = tuple((name,) for name in "0123456789")
UNEVEN = (tuple("0123"), tuple("456"), tuple("789"))
PHOTOS = (("airplane", "automobile"), ("bird", "cat"), ("deer", "dog"))
HEART = (*PAIRS, ("heart",))
TWO_SYMBOLS = (*PAIRS, ("heart",), ("star",))
TAUGHT_PHOTO = (*PHOTOS, ("mug",))
HUNDREDS = (("bird", "cat", "deer", "dog", "frog", "horse"), ("airplane", "ship", "truck", "otter"))


def facts_of(classes, shares=None, learned=None, **more) -> RunFacts:
    """A run whose first lesson's accuracy falls over these shares, and whose others stay."""
    learned = learned or len(classes)
    shares = shares or [1.0, *[0.0] * (learned - 1)]
    rows = tuple(
        tuple(shares[after] if on == 0 else 0.9 for on in range(after + 1))
        for after in range(learned)
    )
    given = tuple(tuple(min(1.0, share + 0.05) for share in row) for row in rows)
    shared = more.get("shared_outputs", False)
    total = max(map(len, classes)) if shared else sum(map(len, classes))
    chance = tuple(1 / len(names) if more.get("task_given") else 1 / total for names in classes)
    return RunFacts("a-run", classes, rows, given, chance, **more)


RUNS = {
    "forgets": facts_of(PAIRS),
    "survives": facts_of(PAIRS, [1.0, 0.97, 0.95, 0.93, 0.92], title="Replay", family="replay"),
    "fades": facts_of(PAIRS, [1.0, 0.9, 0.8, 0.7, 0.6], title="EWC", family="regularisation"),
    "one lesson": facts_of(PAIRS, learned=1),
    "three lessons": facts_of(PAIRS, learned=3),
    "joint": facts_of(PAIRS, [1.0] * 5, at_once=True, strategy="joint"),
    "cumulative": facts_of(PAIRS, [1.0] * 5, strategy="cumulative"),
    "one class a lesson": facts_of(ONES),
    "five classes a lesson": facts_of(HALVES),
    "domain": facts_of(PAIRS, [1.0, 0.8, 0.7, 0.6, 0.5], shared_outputs=True),
    "domain, uneven": facts_of(UNEVEN, [1.0, 0.5, 0.3], shared_outputs=True),
    "task": facts_of(PAIRS, [1.0, 0.9, 0.8, 0.7, 0.6], task_given=True),
    "photographs": facts_of(PHOTOS, photo=True),
    "photographs, joint": facts_of(PHOTOS, [1.0] * 3, photo=True, at_once=True),
    **{
        f"taught by {strategy}": facts_of(HEART, taught=(strategy,))
        for strategy in ("replay", "analytic", "finetune", "ewc")
    },
    "taught and regained": facts_of(HEART, [1.0, *[0.0] * 4, 0.9], taught=("replay",)),
    "taught after replay": facts_of(HEART, [1.0] * 6, taught=("ewc",), family="replay"),
    "two symbols": facts_of(TWO_SYMBOLS, taught=("replay", "finetune")),
    "photographs, taught": facts_of(TAUGHT_PHOTO, photo=True, taught=("analytic",)),
    "transfer": facts_of(HUNDREDS, [0.8, 0.76], photo=True, task_given=True),
}
KINDS = pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
# Verdicts of the checkpoints from the first one that was trained on the class.
FATES = {
    "known": lambda i: True,
    "never": lambda i: False,
    "lost at once": lambda i: i == 0,
    "lost later": lambda i: i < 2,
    "recovered": lambda i: i != 1,
    "late": lambda i: i > 0,
    "late and lost": lambda i: i in (1, 2),
    "lost twice": lambda i: i in (0, 2),
    "in turn": lambda i: i % 2 == 0,
}


def readings_of(run: RunFacts, name: str | None, fate, label: bool) -> tuple[Reading, ...]:
    """Answers of every checkpoint, of which those since the class's lesson have a fate."""
    if name is None:
        return tuple(Reading("1", 0.5 + at / 100) for at in range(run.learned))
    own = 0 if run.at_once else run.lesson_of(name)
    names = run.classes[run.lesson_of(name)]
    other = next((n for n in run.names if n != name), name)
    made = []
    for at in range(run.learned):
        known = at >= own and fate(at - own)
        share = 0.6 + at / 30
        alone = {True: 0.8, False: 0.3}[at % 2 == 0]
        made.append(
            Reading(
                name if known else other,
                share,
                known,
                share if known else 0.01 * at,
                alone,
                name if alone > 0.5 or len(names) == 1 else next(n for n in names if n != name),
            )
        )
    return tuple(made)


def pictures(run: RunFacts, name: str) -> list[Picture]:
    """Returns pictures of this class, recognised rightly, wrongly, doubtfully or not at all."""
    second, third = [n for n in run.names if n != name][:2]
    found = [
        Picture("sure", (name, second)),
        Picture("sure", (second, name)),
        Picture("doubtful", (second, name)),
        Picture("doubtful", (second, third)),
        Picture("unknown"),
        Picture("sure", ("zebra", name)),
    ]
    if not run.photo:
        found.append(Picture("none", (second, name)))
    if run.taught:
        found += [replace(p, taught=run.classes[-1][0]) for p in found if p.shows != "unknown"]
    return [*found, *(replace(picture, unfinished=True) for picture in found)]


def states(run: RunFacts):
    """Every state of the page with a run."""
    for label in (False, True):
        for choice in (Choice(), Choice(run.names[-1], "announced")):
            yield State(run, choice=choice, label=label)
    names = [names[0] for names in run.classes[:2]] + [run.names[-1]]
    for name, label in itertools.product(dict.fromkeys(names), (False, True)):
        origins = [Choice(), *(Choice(name, o) for o in ("announced", "hand", "label", "example"))]
        for picture, choice in itertools.product(pictures(run, name), origins):
            taken = truth(run, picture, choice)
            # What became of a class does not depend on how it came to be known.
            plain = picture == Picture("unknown") or taken.basis == "picture"
            every = FATES.values() if plain else [FATES["recovered"]]
            for fate in every if taken.name else [FATES["never"]]:
                answers = readings_of(run, taken.name, fate, label)
                yield State(run, picture, choice, taken, answers, label)


def sentence(state: State) -> str:
    return story.story(
        state.run, state.picture, state.choice, state.truth, state.readings, label=state.label
    )


@KINDS
def test_every_claim_of_the_sentence_is_true(run):
    seen = set()
    for state in states(run):
        text = sentence(state)
        check(state, text)
        seen.add(re.sub(r"\d+", "", text))
    assert len(seen) > 8


@KINDS
def test_nothing_is_claimed_while_in_doubt(run):
    """Without a known class no card has a verdict, and no sentence says what became of it."""
    for state in states(run):
        verdicts = {
            story.known_state(run, state.truth, state.readings, after)
            for after in range(run.learned)
        }
        if state.truth.name is None:
            assert verdicts == {"blank" if state.picture.shows == "blank" else "open"}
            assert not re.search(r"known|lost|wrong[^.]|learned last", sentence(state))
            assert why(run, state.truth, state.readings, state.label) is None


@KINDS
def test_every_card_says_what_its_checkpoint_did(run):
    for state in states(run):
        for after, reading in enumerate(state.readings):
            verdict = story.known_state(run, state.truth, state.readings, after)
            spoken = story.description(run, after, verdict, reading)
            if state.truth.name is None:
                assert verdict == "open"
                continue
            before = state.known[state.own : after]
            assert (verdict == "not-yet") == (after < state.own)
            assert (verdict == "yes") == (after >= state.own and state.known[after])
            assert (verdict == "lost") == (
                after >= state.own and not state.known[after] and any(before)
            )
            assert reading.answer in spoken and story.VERDICTS[verdict].lstrip("✓✗ ") in spoken


@KINDS
def test_legend_remark_and_buttons_are_true(run):
    for state in states(run):
        check(state, choosing.legend(run, state.picture, state.truth))
        if remark := story.remark(run, state.picture, state.truth):
            check(state, remark)
            assert state.truth.basis == "hand"
        for name, words in choosing.suggestions(run, state.picture, state.choice, state.truth):
            assert words.endswith(f" {article(name)}") and name in run.names
            offered = (*state.picture.likeliest, state.choice.name, state.picture.taught)
            assert name in (offered if state.picture.taught else (*offered, *state.symbols))
            assert name != state.truth.name or state.truth.basis == "network"


@KINDS
def test_why_says_what_the_answers_say(run):
    reasons = 0
    for state in states(run):
        reason = why(run, state.truth, state.readings, state.label)
        lost = [
            at
            for at in range(state.own + 1 if state.truth.name else 99, len(state.readings))
            if state.known[at - 1] and not state.known[at]
        ]
        assert (reason is not None) == bool(lost and not run.at_once)
        if reason:
            reasons += 1
            check_why(state, reason, lost[0])
    assert reasons or run.at_once or run.learned == 1


def check_why(state: State, reason, at: int) -> None:
    run, first, second = state.run, *reason.sentences
    kept = run.accuracy[-1][state.own] - run.chance[state.own]
    had = run.accuracy[state.own][state.own] - run.chance[state.own]
    if reason.question == "Why did it forget?":
        assert not state.known[-1] and kept < had / 3
    found = re.fullmatch(
        r"Learning (.+), (it [^:]+|nothing [^:]+): its probability (fell|went) from (\S+\s%) to"
        r" (\S+\s%), and (\S+) took its place \((\S+\s%)\)\.",
        first,
    )
    assert found, first
    words, practised, verb, high, low, taker, share = found.groups()
    before, after = state.readings[at - 1], state.readings[at]
    assert lesson_named(run, words) == at
    assert is_share(high, before.probability) and is_share(low, after.probability)
    assert (verb == "fell") == (after.probability < before.probability)
    assert taker == after.answer and is_share(share, after.share)
    symbol = at - (len(run.classes) - len(run.taught))
    if symbol >= 0:
        its = article(state.name)
        everything = f"from some images of {its} and of all other classes"
        claims = {
            "replay": f"it had only a few images of {its} to practise",
            "finetune": f"nothing reminded it of {its}",
            "ewc": f"it had images of {its} only to see which weights matter for it",
            "analytic": f"it computed new weights {everything}",
        }
        assert practised == claims[run.taught[symbol]]
    else:
        assert ("stored images" in practised) == (run.family == "replay")
        assert ("all" in practised.split()) == (run.strategy == "cumulative")
    check_alone(state, second, reason.toggle)


def check_alone(state: State, text: str, toggle: str) -> None:
    run, now = state.run, state.readings[-1]
    names = run.classes[state.own]
    helps = not run.shared_outputs and len(names) > 1
    assert bool(toggle) == helps
    if run.shared_outputs:
        return check_phrase(text, r"Every lesson uses the same outputs here, .*would not help\.")
    if len(names) == 1:
        return check_phrase(text, r"The lesson has only one class, .*give the answer away\.")
    if not state.label and len(names) <= 3:
        assert toggle == f"Ask only: {listed(names, 'or')}?"
    question = (
        f"whether it is {listed(map(article, names), 'or')}"
        if len(names) <= 3
        else f"to choose between the {len(names)} {state.noun} of its own lesson"
    )
    begin = f"Asked only {question}, the network of today says "
    assert text.startswith(begin)
    rest = text[len(begin) :]
    if now.alone_answer == state.name:
        found = re.fullmatch(r"(\S+) \((\S+\s%)\)\.", rest)
        assert found and found[1] == state.name and is_share(found[2], now.alone)
    else:
        found = re.fullmatch(r"(\S+), and (\S+) has (\S+\s%): the lesson itself is lost\.", rest)
        assert found and (found[1], found[2]) == (now.alone_answer, state.name)
        assert is_share(found[3], now.alone)


@KINDS
def test_words_about_the_pixels_say_what_the_contributions_say(run):
    """In every state with a class, for sums that give the leads, nearly, and not at all."""
    for state in states(run):
        if state.truth.name is None or not state.readings:
            continue
        name, own = state.truth.name, run.own(state.truth.name)
        for off in (0.0, 0.1, 0.4, -2.0):
            check_note(
                state,
                [(at, 9.0 - at, (9.0 - at) * (1 + off)) for at in range(own, len(state.readings))],
            )
        assert name in spoke.lead(run, name) and ("squares" in spoke.lead(run, name)) == run.photo
        for at in range(len(state.readings)):
            words = spoke.captions(name, state.readings[at].answer, 3, 1.24)
            assert words == (f"3.0 for {name}", f"1.2 for {state.readings[at].answer}")
            spoken = spoke.description(run, at, words)
            assert spoken.startswith(f"{spoke.heading(run, at)}: ") and all(
                w in spoken for w in words
            )
            for answers in (1, 2):
                missing = spoke.missing(run, name, at, answers)
                assert (missing == "not learned yet") == (at < own)
                if at >= own:
                    assert (missing == "no gradient") == (answers == 2)


def test_one_sentence_says_why_there_is_no_picture_at_all():
    assert spoke.instead({"not learned yet"}) == spoke.TO_COME
    assert spoke.instead({"not learned yet", "nothing to compare with"}) == spoke.ONE_ANSWER
    assert spoke.instead({"nothing to compare with", "no gradient"}) == spoke.NO_GRADIENT


def check_note(state: State, leads) -> None:
    if not leads:
        return
    note = spoke.note(state.run, leads)
    assert ("summed over squares of 4 × 4 pixels" in note) == state.run.photo
    far = any(abs(lead - total) > 0.25 * max(abs(lead), 1) for _, lead, total in leads)
    assert ("do not give that lead" in note) == ("not how the answer came about" in note) == far
    if far:
        total, lead, words = re.search(r"\((\S+) of (\S+) after (.+?)\); the rest", note).groups()
        said = {spoke.look(state.run, at): (own, summed) for at, own, summed in leads}
        assert (lead, total) == tuple(map(spoke.points, said[words]))
    else:
        rest = float(re.search(r"but for at most (\S+) points", note)[1])
        worst = max(abs(lead - total) for _, lead, total in leads)
        assert rest == pytest.approx(worst, abs=0.05)
    assert note.endswith("not why it learned to.")


def check_phrase(text: str, pattern: str) -> None:
    assert re.fullmatch(pattern, text), text


@KINDS
def test_title_prompt_and_ghost_name_one_class_and_fit_the_record(run):
    default = prompts.prompt_class(run)
    assert default in run.classes[0], "a class of this run's first lesson"
    for name in (default, *(names[-1] for names in run.classes)):
        assert prompts.prompt_class(run, name) == name
        words = prompts.prompt(run, name)
        assert words.endswith(article(name)) and words.startswith("Up" if run.photo else "Draw")
        check_title(run, name, prompts.title(run, name))


def check_title(run: RunFacts, name: str, title: str) -> None:
    begin, _, outcome = title.partition(". ")
    assert begin == f"{'Show it a photo of' if run.photo else 'Draw'} {article(name)}"
    at = [name in names for names in run.classes].index(True)
    learned = len(run.accuracy)
    if run.at_once:
        assert outcome == "Here nothing comes after it."
    elif at >= learned:
        assert outcome == "This network has yet to learn it."
    elif at == learned - 1:
        assert outcome == "It was learned last: nothing has overwritten it yet."
    else:
        left = run.accuracy[-1][at] - run.chance[at]
        had = run.accuracy[at][at] - run.chance[at]
        assert (outcome == "Watch it being forgotten.") == (left < had / 3)
        rows = [row[at] - run.chance[at] for row in run.accuracy[at + 1 :]]
        back = min(rows) < had / 3 <= left
        assert (outcome == "Watch it being forgotten, and come back.") == back
        assert (outcome == "Watch it survive.") == (left >= 0.75 * had and not back)
        assert outcome in {
            "Watch it being forgotten.",
            "Watch it being forgotten, and come back.",
            "Watch it survive.",
            "See whether it survives.",
        }


@KINDS
def test_the_subtitle_tells_the_order_of_lessons(run):
    text = prompts.subtitle(run)
    assert ("all" in text.split()) == run.at_once
    if found := re.match(r"It learned (.+) first, then (.+?)(, and so on)?\. Each", text):
        assert lesson_named(run, found[1]) == 0 and lesson_named(run, found[2]) == 1
        assert bool(found[3]) == (run.learned > 2) and not run.at_once
    assert not (run.taught and "digit" in text)
    if found := re.search(r"(\d+) (digits|classes) in (\d+) lessons", text):
        assert int(found[1]) == sum(map(len, run.classes))
        assert int(found[3]) == len(run.classes) == run.learned
    assert ("The card is" in text) == (run.learned == 1)
    deep = prompts.subtitle(replace(run, whole_network="whole ResNet-50"))
    added = (
        "" if run.at_once else " Here the whole ResNet-50 learns, from the first layer to the last."
    )
    assert deep == text + added


@KINDS
def test_the_caption_of_the_task_label_is_true(run):
    text = prompts.label_caption(run)
    assert ("only names the answer" in text) == run.shared_outputs
    sizes = {len(names) for names in run.classes}
    if run.shared_outputs:
        assert ("changes no card" in text) == (len(sizes) == 1)
    else:
        assert ("gives the answer away" in text) == (sizes == {1})
        assert ("always" in text) == run.task_given
        assert ("easier" in text) == (not run.task_given and sizes != {1})


@KINDS
@pytest.mark.parametrize("label", [False, True])
def test_the_note_under_the_curves_says_what_differs(run, label):
    note = prompts.chart_note(run, label)
    assert ("Dotted" in note) == (label and not run.task_given and not run.shared_outputs)
    assert ("are with the task label given" in note) == (run.task_given and not label)
    heading = prompts.chart_heading(run)
    assert ("all 10,000" in heading) == (run.learned == len(run.classes) and not run.taught)
    assert ("digits" in heading) == (not run.photo and not run.taught)


@KINDS
def test_no_number_of_test_images_is_claimed_of_classes_without_as_many(run):
    text = remedies.outcome(run)
    assert ("digits" in text) == (not run.photo and not run.taught and not run.has_source)
    assert ("averaged over the lessons" in text) == bool(run.taught)


class TestTruth:
    """Laws of the class that a picture is taken for."""

    run = RUNS["forgets"]

    def test_the_picture_decides_until_a_person_does(self):
        seven = Picture("sure", ("7", "1"))
        assert truth(self.run, seven, Choice()) == Truth("7", "picture")
        assert truth(self.run, seven, Choice("1", "hand")) == Truth("1", "hand")
        assert truth(self.run, seven, Choice("3", "label")) == Truth("3", "label")

    def test_what_was_announced_holds_unless_the_picture_shows_something_else(self):
        for shows, likeliest, holds in (
            ("sure", ("3", "5"), True),
            ("doubtful", ("5", "3"), True),
            ("unknown", (), True),
            ("sure", ("7", "3"), False),
            ("doubtful", ("5", "8"), False),
            ("none", ("3", "5"), False),
        ):
            taken = truth(self.run, Picture(shows, likeliest), Choice("3", "announced"))
            assert taken == (Truth("3", "announced") if holds else Truth())

    @pytest.mark.parametrize("shows", ["blank", "doubtful", "none", "unknown"])
    def test_no_class_is_made_up(self, shows):
        assert truth(self.run, Picture(shows, ("1", "7")), Choice()) == Truth()

    def test_a_photograph_is_what_a_person_says(self):
        cat = Picture("sure", ("cat", "dog"))
        assert truth(RUNS["photographs"], cat, Choice()) == Truth()
        assert truth(RUNS["photographs"], cat, Choice("dog", "hand")) == Truth("dog", "hand")

    def test_what_is_no_digit_is_taken_for_the_symbol_that_the_newest_checkpoint_reads(self):
        run, none = RUNS["taught by replay"], Picture("none", ("2", "0"), taught="heart")
        assert truth(run, none, Choice()) == Truth("heart", "network")
        assert truth(run, replace(none, shows="doubtful"), Choice()) == Truth("heart", "network")
        assert truth(run, replace(none, unfinished=True), Choice()) == Truth()
        assert truth(run, replace(none, taught=""), Choice()) == Truth()
        assert truth(run, replace(none, shows="sure"), Choice()) == Truth("2", "picture")
        assert truth(run, none, Choice("0", "hand")) == Truth("0", "hand")
        assert truth(run, none, Choice("0", "announced")) == Truth()
        assert truth(run, replace(none, taught=""), Choice("heart", "announced")).name == "heart"
        mug = Picture("doubtful", ("cat", "bird"), taught="mug")
        assert truth(RUNS["photographs, taught"], mug, Choice()) == Truth()

    def test_what_may_be_the_symbol_is_offered_as_the_symbol(self):
        run = RUNS["two symbols"]
        for picture, names in (
            (Picture("none", ("2", "0")), ["heart", "star"]),
            (Picture("none", ("2", "0"), taught="star"), ["star"]),
            (Picture("doubtful", ("2", "0"), taught="star"), ["star", "2", "0"]),
            (Picture("sure", ("0", "2"), taught="star"), ["star"]),
            (Picture("none", ("2", "0"), unfinished=True), []),
        ):
            taken = truth(run, picture, Choice())
            offered = choosing.suggestions(run, picture, Choice(), taken)
            assert [name for name, _words in offered] == names

    def test_a_symbol_that_looks_like_a_digit_is_what_person_and_network_say(self):
        run, house = RUNS["taught by replay"], Picture("sure", ("0", "6"), taught="heart")
        assert not story.contradicted(run, house, Truth("heart", "hand"))
        assert story.contradicted(run, replace(house, taught=""), Truth("heart", "hand"))
        assert story.contradicted(run, house, Truth("7", "hand"))

    def test_a_class_that_the_run_lacks_is_not_taken(self):
        assert truth(self.run, Picture("sure", ("zebra", "7")), Choice()) == Truth()
        assert truth(self.run, Picture("unknown"), Choice("zebra", "hand")) == Truth()


def test_joint_training_is_judged_from_its_first_look():
    run = RUNS["joint"]
    answers = readings_of(run, "9", FATES["known"], False)
    taken = Truth("9", "picture")
    assert [story.known_state(run, taken, answers, at) for at in range(5)] == ["yes"] * 5
    assert facts.losses(run, readings_of(run, "9", FATES["lost later"], False), "9") == [2]
    assert story.heading(run, 2) == "Look 3"


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([[1], [0, 1], [0.9, 0.9, 1]], "1 of the 2 earlier tasks lost more than half .* has it"),
        ([[1], [0, 1], [0.9, 0.9, 1], [0.9, 0, 0.9, 1]], "has it again. 1 of the 3 earlier tasks"),
        ([[1], [0.9, 1], [0.9, 0.9, 1]], "^None of the 2 earlier tasks lost more than half"),
    ],
)
def test_a_task_that_came_back_is_not_said_to_have_lost_nothing(monkeypatch, rows, says):
    monkeypatch.setattr(run_text, "accuracy_rows", lambda history: rows)
    learned = SimpleNamespace(learned=rows)
    assert re.search(says, run_text.curves(learned, None))
