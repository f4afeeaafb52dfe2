"""Laws of the Draw page's components and predictions for any input of a browser."""

import base64
import html
import io
import itertools
from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from PIL import Image, ImageDraw

from app.shared import data_urls
from app.views.draw import answers, choices, components, events, facts, inputs, run_inputs, values
from app.views.draw.answers import Question
from app.views.draw.facts import Choice, Picture
from app.views.draw.inputs import Drawing
from lifelong import api
from lifelong.data.examples import Dataset
from lifelong.datasets import mnist_sample
from tests.app.draw_claims import State, check
from tests.helpers import config, learned_run, toy_dataset, use_images
from tests.image_helpers import is_one_sentence, png, ring, ship

RUN = "mnist-class-finetune"
BLANK_CARDS = ["blank"] * 5
BLANK = Drawing()
UNCHOSEN = Choice()


def answer(drawing: bytes | None, run: str, chosen: Choice = UNCHOSEN, label: bool = False):
    return answers.answer(Question(Drawing(drawing), run, chosen, label))


def hand(name: str) -> Choice:
    return Choice(name, "hand")


def event(**data) -> SimpleNamespace:
    """Returns the data of a browser's event."""
    return SimpleNamespace(_data=data)


def known(strip: list[dict]) -> list[str]:
    return [card["known"] for card in strip]


def pad() -> inputs.DigitPad:
    return inputs.DigitPad({}, False, render=False)


class TestPad:
    def test_a_drawing_arrives_as_it_was_sent(self):
        drawing = png(ring())
        sent = {"image": data_urls.data_url(drawing), "unfinished": True}
        assert inputs.sent_drawing(sent) == Drawing(drawing, unfinished=True)
        assert pad().postprocess(Drawing(drawing))["image"] == sent["image"]

    @pytest.mark.parametrize("nothing", ["", None, {}, {"image": ""}, {"unfinished": True}])
    def test_nothing_drawn_is_blank(self, nothing):
        assert inputs.sent_drawing(nothing) == BLANK

    @pytest.mark.parametrize(
        "payload",
        [
            7,
            ["data:image/png;base64,AAAA"],
            {"image": "/etc/passwd"},
            {"image": {"path": "/etc/passwd"}},
            "hello",
            "data:image/png;base64,***",
            "data:image/png,abc",
            "https://example.org/a.png",
            {"image": data_urls.PNG + "A" * 1_000_000},
            data_urls.PNG + "A",
        ],
    )
    def test_anything_else_is_no_drawing(self, payload):
        assert inputs.sent_drawing(payload) is None

    @pytest.mark.parametrize(
        "payload",
        [
            "10",
            None,
            0,
            {"a": 1},
            {"name": 3, "origin": "hand"},
            {"name": "3"},
            {"name": "3", "origin": "judge"},
            {"name": "3", "origin": ["hand"]},
            {"name": "x" * 201, "origin": "hand"},
            ["0"],
        ],
    )
    def test_what_was_chosen_is_a_name_with_its_origin(self, payload):
        with pytest.raises(gr.Error):
            inputs.Chips(render=False).preprocess(payload)

    def test_a_class_that_the_run_lacks_is_not_chosen_any_more(self):
        assert run_inputs.chips(RUN, hand("3"))["value"] == Choice("3", "hand", RUN)
        assert run_inputs.chips(RUN, hand("cat"))["value"] == Choice(run=RUN)
        assert run_inputs.chips(RUN)["names"] == list("0123456789")


class TestAnswer:
    def test_a_zero_is_known_then_lost(self):
        strip, sentence, network_input = answer(png(ring()), RUN)
        assert known(strip) == ["yes", "no", "no", "no", "no"]
        assert sentence["text"].startswith("Your 0 is known after 0 and 1")
        assert "lost while learning 2 and 3" in sentence["text"]
        assert (sentence["run"], sentence["task"], sentence["why"]) == (
            RUN,
            0,
            "Why did it forget?",
        )
        assert sentence["checked"] == "0" and "looks like a 0" in sentence["legend"]
        pixels = Image.open(
            io.BytesIO(base64.b64decode(network_input["image"].removeprefix(data_urls.PNG)))
        )
        assert pixels.size == (28, 28)

    def test_replay_still_knows_it(self):
        strip, sentence, _ = answer(png(ring()), "mnist-class-replay")
        assert known(strip) == ["yes"] * 5 and "still known" in sentence["text"]
        assert sentence["why"] == "" and sentence["see"]

    def test_before_its_own_lesson_a_digit_is_not_learned_yet(self):
        strip, *_ = answer(png(ring()), RUN, hand("4"))
        assert known(strip)[:2] == ["not-yet", "not-yet"]
        assert strip[0]["verdict"] == "not learned yet"

    def test_what_the_picture_surely_shows_is_followed_until_a_class_is_chosen(self):
        for chosen, name in ((UNCHOSEN, "0"), (hand("7"), "7"), (Choice("0", "label"), "0")):
            assert answer(png(ring()), RUN, chosen)[1]["checked"] == name

    def test_a_choice_against_the_picture_is_remarked(self):
        sentence = answer(png(ring()), RUN, hand("7"))[1]
        assert sentence["text"].startswith("Taken as a 7, it is")
        assert sentence["remark"] == "It looks like a 0."
        assert [each["name"] for each in sentence["suggestions"]] == ["0"]

    def test_an_announced_class_that_was_not_drawn_is_asked_about(self):
        strip, sentence, _ = answer(png(ring()), RUN, Choice("7", "announced"))
        assert known(strip) == ["open"] * 5 and "Which is it?" in sentence["text"]
        assert [each["name"] for each in sentence["suggestions"]] == ["0", "7"]

    @pytest.mark.parametrize("chosen", [UNCHOSEN, Choice("8", "announced")])
    def test_a_scribble_is_no_digit_and_marks_no_card(self, chosen):
        strip, sentence, _ = answer(png(scribble()), RUN, chosen)
        assert known(strip) == ["open"] * 5
        assert "does not look like a digit" in sentence["text"] and sentence["why"] == ""

    def test_joint_training_is_judged_from_its_first_look(self):
        nine = png(Image.fromarray(run_inputs.digits()[0, 9]))
        strip, sentence, _ = answer(nine, "mnist-class-joint")
        assert known(strip) == ["yes"] * 5 and "known throughout" in sentence["text"]
        assert [card["heading"] for card in strip] == [f"Look {look}" for look in range(1, 6)]

    def test_the_task_label_leaves_that_lessons_digits(self):
        strip, sentence, _ = answer(png(ring()), RUN, label=True)
        assert {card["prediction"] for card in strip} <= {"0", "1"}
        assert sentence["text"].startswith("With the lesson given, your 0 is known")

    def test_why_agrees_with_the_answers_that_the_label_brings(self):
        without, given = (
            answered(png(ring()), RUN, label=label).readings[-1] for label in (False, True)
        )
        assert without.alone == pytest.approx(given.probability, abs=1e-5)
        assert without.alone_answer == given.answer

    @pytest.mark.parametrize("nothing", [None, png(Image.new("L", (280, 280)))])
    def test_nothing_drawn_shows_what_was_taught(self, nothing):
        strip, sentence, network_input = answer(nothing, RUN)
        assert known(strip) == BLANK_CARDS and network_input["image"] == ""
        assert sentence["why"] == sentence["see"] == "" and sentence["suggestions"] == []
        assert [[t["name"] for t in card["classes"]] for card in strip] == [
            ["0", "1"],
            ["2", "3"],
            ["4", "5"],
            ["6", "7"],
            ["8", "9"],
        ]

    def test_bytes_that_are_no_picture_clear_the_answers(self):
        strip, sentence, network_input = answer(b"\x89PNG nonsense", RUN)
        assert known(strip) == BLANK_CARDS and network_input["image"] == ""
        assert sentence["tone"] == "problem" and is_one_sentence(sentence["text"])

    @pytest.mark.parametrize("run", ["../../etc", "<script>alert(1)</script>", "", "None"])
    def test_an_unknown_run_is_refused_and_escaped(self, run):
        strip, sentence, network_input = answer(None, run)
        assert strip == [] and network_input["image"] == "" and sentence["tone"] == "problem"
        assert "<" not in sentence["text"] and "<" not in sentence["run"]


def scribble() -> Image.Image:
    """A line to and fro and across, as nobody writes a digit."""
    picture = Image.new("L", (280, 280))
    corners = [
        (40, 60),
        (240, 90),
        (50, 120),
        (250, 160),
        (60, 190),
        (230, 230),
        (140, 30),
        (30, 240),
    ]
    ImageDraw.Draw(picture).line(corners, fill=255, width=14)
    return picture


def answered(drawing: bytes, run: str, chosen: Choice = UNCHOSEN, label: bool = False):
    [found] = answers.read_all([Question(Drawing(drawing), run, chosen, label)])
    return found


SHIPPED = [row.id for row in api.run_list() if row.shipped and row.dataset == "mnist"]


@pytest.mark.parametrize("run", SHIPPED)
def test_sentences_of_real_answers_are_true(run):
    """For each digit, as it is, called another, and with the task label."""
    for digit in (0, 3, 4, 9):
        drawing = png(Image.fromarray(run_inputs.digits()[1, digit]))
        choices = (UNCHOSEN, Choice("3", "announced"), hand("6"), Choice(str(digit), "label"))
        for chosen, label in itertools.product(choices, (False, True)):
            state = answered(drawing, run, chosen, label)
            claims = State(
                state.run, state.picture, chosen, state.truth, tuple(state.readings), label
            )
            check(claims, html.unescape(values.sentence(state)["text"]))


@pytest.mark.parametrize("tasks", [2, 4])
def test_in_the_domain_scenario_the_label_only_names_the_answer(tasks):
    """It changes no card from right to wrong where every lesson has as many classes."""
    run = learned_run(config(scenario="domain", tasks=tasks)).name
    about = facts.of_run(run)
    assert about.equal_outputs == (tasks == 2)
    for digit in range(10 * about.equal_outputs):
        drawing = png(Image.fromarray(run_inputs.digits()[0, digit]))
        verdicts = [
            [reading.known for reading in answered(drawing, run, hand("3"), on).readings]
            for on in (False, True)
        ]
        assert verdicts[0] == verdicts[1]


class TestUpload:
    @pytest.mark.parametrize("paper, ink", [(255, 20), (0, 230)])
    def test_either_polarity_becomes_white_on_black(self, paper, ink):
        photo = Image.new("RGB", (900, 600), (paper,) * 3)
        ImageDraw.Draw(photo).ellipse((500, 100, 640, 320), outline=(ink,) * 3, width=30)
        drawing, chips = events.upload(RUN, event(content=data_urls.data_url(png(photo))))
        pixels = np.asarray(Image.open(io.BytesIO(drawing.png)))
        assert chips["value"].name is None, "nothing has been said of this picture yet"
        assert pixels.shape == (28, 28) and pixels[0, 0] == 0 and pixels.max() > 200

    @pytest.mark.parametrize(
        "data",
        [
            {},
            {"refused": "size"},
            {"content": 7},
            {"content": "https://example.org/a.png"},
            {
                "content": "data:text/html;base64,"
                + base64.b64encode(b"<script>alert(1)</script>").decode()
            },
            {"content": data_urls.data_url(png(Image.new("L", (40, 40), 128)))},
            {"content": "data:image/png;base64," + "A" * 8_000_000},
        ],
    )
    def test_a_wrong_file_is_one_sentence_and_changes_nothing(self, data):
        pad, *others = events.upload(RUN, event(**data))
        assert is_one_sentence(pad.problem) and "<" not in pad.problem
        assert others == [gr.skip()]
        assert "problem" not in inputs.DigitPad({}, False).postprocess(BLANK)


class TestExamples:
    def test_each_is_read_by_the_model_that_learned_all(self):
        for digit in range(10):
            drawing, chips = events.on_example(RUN, event(index=digit, turn=0))
            true_class = chips["value"].name
            assert chips["value"].origin == "label"
            pixels = api.preprocess(RUN, api.open_drawing(drawing.png))
            assert (
                true_class == str(digit)
                and api.classify("mnist-class-cumulative", pixels)[-1].top[0][0] == true_class
            )

    def test_the_next_click_brings_another(self):
        assert (
            len({events.on_example(RUN, event(index=3, turn=turn))[0].png for turn in range(3)})
            == 3
        )

    @pytest.mark.parametrize(
        "data", [{}, {"index": "3", "turn": 0}, {"index": 3}, {"index": True, "turn": 0}]
    )
    def test_anything_else_is_refused(self, data):
        with pytest.raises(gr.Error):
            events.on_example(RUN, event(**data))


def test_class_names_are_escaped():
    run = facts.RunFacts("r", (("<b>", "0"),), ((1.0,),), ((1.0,),), (0.5,))
    state = values.Answered(run, None, Picture("blank"), UNCHOSEN, False)
    [card] = values.cards(state)
    assert card["classes"][0]["name"] == "&lt;b&gt;" and "<" not in card["description"]


class TestPhotographs:
    @pytest.fixture
    def run(self, monkeypatch) -> str:
        """A run on colour images whose class names contain HTML."""
        grey = toy_dataset(classes=4, side=8)
        colour = (
            grey.train_images.repeat(1, 3, 1, 1),
            grey.train_labels,
            grey.test_images.repeat(1, 3, 1, 1),
            grey.test_labels,
        )
        dataset = Dataset(
            "photos", "Photos", "made-up photographs", ("cat", "<b>dog", "ship", "owl"), *colour
        )
        use_images(monkeypatch, dataset)
        monkeypatch.setattr(
            run_inputs.api,
            "example_images",
            lambda *arguments: dataset.test_images.reshape(-1, 4, 3, 8, 8)[:3].numpy(),
        )
        photo = replace(mnist_sample.SPEC, kind="photo", judge_run=None)
        monkeypatch.setattr(mnist_sample, "SPEC", photo)
        run_inputs.SHEETS.clear()
        return learned_run(config(tasks=2)).name

    def photo(self, mode: str = "RGB", size=(90, 60)) -> bytes:
        return png(Image.new(mode, size, 200 if mode == "L" else (200, 30, 40, 90)[: len(mode)]))

    @pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
    def test_an_upload_is_shown_as_it_is_and_answered_after_every_task(self, run, mode):
        drawing, *_ = events.upload(run, event(content=data_urls.data_url(self.photo(mode))))
        assert Image.open(io.BytesIO(drawing.png)).size == (280, 280)
        strip, sentence, network_input = answer(drawing.png, run)
        assert len(strip) == 2 and all(card["prediction"] != "?" for card in strip)
        assert "What does it show?" in sentence["text"] and known(strip) == ["open"] * 2
        strip, *_ = answer(drawing.png, run, hand("cat"))
        assert "open" not in known(strip)
        assert (
            Image.open(
                io.BytesIO(base64.b64decode(network_input["image"].removeprefix(data_urls.PNG)))
            ).size
            == (8, 8)
            and "8 × 8" in network_input["description"]
        )

    def test_the_classes_and_the_test_images_are_the_runs_and_names_are_escaped(self, run):
        _list, chips, soon, _label, *_ = events.on_run_change(run, hand("0"))
        assert soon["sprite"] == ""  # the data set has to be read first
        examples = events.example_sheet(run)
        assert chips["value"] == Choice(run=run)
        assert chips["names"] == ["cat", "<b>dog", "ship", "owl"]
        assert chips["labels"][1] == examples["labels"][1] == "&lt;b&gt;dog"
        drawing, chips = events.on_example(run, event(index=2, turn=1))
        assert chips["value"] == Choice("ship", "label", run)
        assert Image.open(io.BytesIO(drawing.png)).size == (8, 8)

    def test_a_choice_stays_with_a_run_that_has_its_class(self, run):
        _list, chips, *_ = events.on_run_change(run, hand("cat"))
        assert chips["value"] == Choice("cat", "hand", run)

    def test_without_the_data_set_there_are_no_test_images_and_none_can_be_put(
        self, run, monkeypatch
    ):
        monkeypatch.setattr(run_inputs.api, "example_images", lambda *arguments: None)
        run_inputs.SHEETS.clear()
        examples = run_inputs.examples(run)
        assert (examples["sprite"], examples["labels"]) == ("", [])
        with pytest.raises(gr.Error):
            events.on_example(run, event(index=0, turn=0))


@pytest.mark.parametrize(
    "part",
    [
        components.Strip,
        components.Sentence,
        components.NetworkInput,
        inputs.Chips,
        inputs.RunList,
        components.Examples,
    ],
)
def test_gradio_can_make_a_part_anew_without_a_value(part):
    """Gradio does so whenever an event leaves the component unchanged."""
    assert not part().value or part is inputs.Chips


def test_gradio_can_make_a_part_anew_of_what_an_event_changed():
    listed, chips, _examples, label, *_ = events.on_run_change("mnist-task-ewc", hand("3"))
    for part, update in (
        (inputs.RunList, listed),
        (inputs.Chips, chips),
        (inputs.LabelCheck, label),
    ):
        fields = {name: value for name, value in update.items() if name != "__type__"}
        assert set(part(**fields).props) >= set(fields) - {"value"}


def test_what_a_photograph_shows_is_asked_first_and_suggested():
    """By the shipped run that learned all ten classes."""
    run, picture = "cifar10-class-finetune", png(ship())
    strip, sentence, _ = answer(picture, run)
    assert known(strip) == ["open"] * 5 and sentence["text"].startswith("What does it show?")
    assert [each["text"] for each in sentence["suggestions"]] == ["It shows a ship"]
    strip, sentence, _ = answer(picture, run, hand("ship"))
    assert known(strip)[-1] == "yes" and sentence["remark"] == ""
    assert answer(picture, run, hand("frog"))[1]["remark"] == "It looks like a ship."


class TestRuns:
    def test_every_run_stands_in_one_group_and_those_for_the_picture_come_first(self):
        learned_run(config(tasks=2))
        runs = choices.readable_runs()
        for photo, first in ((False, "The same drawing"), (True, "The same picture")):
            groups = choices.groups(runs, photo)
            assert groups[0][0].startswith(first)
            assert all(choice.photo == photo for choice in groups[0][1])
            assert sorted(c.run for _, members in groups for c in members) == sorted(
                choice.run for choice in runs
            )
            assert groups[-1][0] == "Trained on this machine" and len(groups[-1][1]) == 1

    def test_a_run_says_how_much_it_gets_right_and_how_far_it_is(self):
        rows = {row.id: row for row in api.run_list()}
        line = choices.run_choice(rows["mnist-class-finetune"]).line
        assert "does nothing about the past" in line and "20\xa0% right" in line
        half = replace(rows["mnist-class-finetune"], learned=2)
        assert "after 2 of 5 lessons" in choices.run_choice(half).line

    def test_a_recipe_that_is_too_short_is_told_with_the_run(self):
        run = learned_run(config("dgr", tasks=2)).name
        assert "too short for its generator" in choices.about(run)
        assert "too short" not in choices.about("mnist-class-finetune")
