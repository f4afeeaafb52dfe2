"""Laws of the Draw page's components and predictions for any input of a browser."""

import base64
import io
from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from PIL import Image, ImageDraw

from app.views.draw import answers, checkpoint_cards, components, events, run_inputs
from lifelong import api
from lifelong.data.examples import Dataset
from lifelong.datasets import mnist_sample
from tests.helpers import config, learned_run, toy_dataset, use_images
from tests.image_helpers import is_one_sentence, png, ring, ship

RUN = "mnist-class-finetune"
BLANK_CARDS = ["blank"] * 5


def event(**data) -> SimpleNamespace:
    """Returns the data of a browser's event."""
    return SimpleNamespace(_data=data)


def known(strip: list[dict]) -> list[str]:
    return [card["known"] for card in strip]


class TestPad:
    def test_a_drawing_arrives_as_it_was_sent(self):
        drawing = png(ring())
        assert (
            components.DigitPad(run_inputs.chips(RUN, "0"), render=False).preprocess(
                components.data_url(drawing)
            )
            == drawing
        )

    @pytest.mark.parametrize("nothing", ["", None])
    def test_nothing_drawn_is_none(self, nothing):
        assert (
            components.DigitPad(run_inputs.chips(RUN, "0"), render=False).preprocess(nothing)
            is None
        )

    @pytest.mark.parametrize(
        "payload",
        [
            7,
            ["data:image/png;base64,AAAA"],
            {"path": "/etc/passwd"},
            "hello",
            "data:image/png;base64,***",
            "data:image/png,abc",
            "https://example.org/a.png",
            components.PNG + "A" * 1_000_000,
            components.PNG + "A",
        ],
    )
    def test_anything_else_is_refused_in_one_sentence(self, payload):
        with pytest.raises(gr.Error) as error:
            components.DigitPad(run_inputs.chips(RUN, "0"), render=False).preprocess(payload)
        assert is_one_sentence(error.value.message) and not error.value.print_exception

    @pytest.mark.parametrize(
        "payload",
        [
            "10",
            None,
            0,
            {"a": 1},
            {"true_class": 3},
            {"true_class": ""},
            {"true_class": "x" * 201},
            ["0"],
        ],
    )
    def test_what_was_drawn_is_a_name(self, payload):
        with pytest.raises(gr.Error):
            components.Chips(run_inputs.chips(RUN, "0"), render=False).preprocess(payload)

    def test_the_class_drawn_is_one_of_the_runs_and_the_first_where_it_is_not(self):
        assert (
            components.Chips(run_inputs.chips(RUN, "3"), render=False).preprocess(
                run_inputs.chips(RUN, "3")
            )
            == "3"
        )
        assert run_inputs.chips(RUN, "cat")["true_class"] == "0" and run_inputs.chips(RUN, "7")[
            "names"
        ] == list("0123456789")


class TestAnswer:
    def test_a_zero_is_known_then_lost(self):
        strip, sentence, network_input = answers.answer(png(ring()), RUN, "0", False)
        assert known(strip) == ["yes", "no", "no", "no", "no"]
        assert (
            sentence["text"].startswith("Known after task 1")
            and "lost while learning task 2" in sentence["text"]
        )
        assert (sentence["run"], sentence["task"], sentence["why"]) == (RUN, 0, "Why?")
        pixels = Image.open(
            io.BytesIO(base64.b64decode(network_input["image"].removeprefix(components.PNG)))
        )
        assert pixels.size == (28, 28)

    def test_replay_still_knows_it(self):
        strip, sentence, _ = answers.answer(png(ring()), "mnist-class-replay", "0", False)
        assert (
            known(strip) == ["yes"] * 5
            and "still known" in sentence["text"]
            and sentence["why"] == "See the curve"
        )

    def test_before_its_own_task_a_digit_is_not_learned_yet(self):
        strip, *_ = answers.answer(png(ring()), RUN, "4", False)
        assert (
            known(strip)[:2] == ["not-yet", "not-yet"] and strip[0]["verdict"] == "not learned yet"
        )

    def test_another_digit_than_the_one_named_is_asked_about(self):
        assert answers.answer(png(ring()), RUN, "7", False)[1]["doubt"] == "0"
        assert answers.answer(png(ring()), RUN, "0", False)[1]["doubt"] == ""

    def test_the_task_label_leaves_that_tasks_digits(self):
        strip, sentence, _ = answers.answer(png(ring()), RUN, "0", True)
        assert {card["prediction"] for card in strip} <= {"0", "1"} and sentence["text"].startswith(
            "Told the task: "
        )

    @pytest.mark.parametrize("nothing", [None, png(Image.new("L", (280, 280)))])
    def test_nothing_drawn_shows_what_was_taught(self, nothing):
        strip, sentence, network_input = answers.answer(nothing, RUN, "0", False)
        assert (
            known(strip) == BLANK_CARDS and network_input["image"] == "" and sentence["why"] == ""
        )
        assert [[t["name"] for t in card["classes"]] for card in strip] == [
            ["0", "1"],
            ["2", "3"],
            ["4", "5"],
            ["6", "7"],
            ["8", "9"],
        ]

    def test_bytes_that_are_no_picture_clear_the_answers(self):
        strip, sentence, network_input = answers.answer(b"\x89PNG nonsense", RUN, "0", False)
        assert (
            known(strip) == BLANK_CARDS
            and network_input["image"] == ""
            and sentence["tone"] == "problem"
            and is_one_sentence(sentence["text"])
        )

    @pytest.mark.parametrize("run", ["../../etc", "<script>alert(1)</script>", "", "None"])
    def test_an_unknown_run_is_refused_and_escaped(self, run):
        strip, sentence, network_input = answers.answer(None, run, "0", False)
        assert strip == [] and network_input["image"] == "" and sentence["tone"] == "problem"
        assert "<" not in sentence["text"] and "<" not in sentence["run"]


class TestUpload:
    @pytest.mark.parametrize("paper, ink", [(255, 20), (0, 230)])
    def test_either_polarity_becomes_white_on_black(self, paper, ink):
        photo = Image.new("RGB", (900, 600), (paper,) * 3)
        ImageDraw.Draw(photo).ellipse((500, 100, 640, 320), outline=(ink,) * 3, width=30)
        drawing, *shown = events.upload(RUN, "0", event(content=components.data_url(png(photo))))
        pixels = np.asarray(Image.open(io.BytesIO(drawing)))
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
            {"content": components.data_url(png(Image.new("L", (40, 40), 128)))},
            {"content": "data:image/png;base64," + "A" * 8_000_000},
        ],
    )
    def test_a_wrong_file_is_one_sentence_and_leaves_no_answer(self, data):
        drawing, strip, sentence, network_input = events.upload(RUN, "0", event(**data))
        assert drawing is None and known(strip) == BLANK_CARDS and network_input["image"] == ""
        assert (
            sentence["tone"] == "problem"
            and is_one_sentence(sentence["text"])
            and "<" not in sentence["text"]
        )


class TestExamples:
    def test_each_is_read_by_the_model_that_learned_all(self):
        for digit in range(10):
            drawing, chips = events.on_example(RUN, event(index=digit, turn=0))
            true_class = chips["true_class"]
            pixels = api.preprocess(RUN, api.open_image(drawing))
            assert (
                true_class == str(digit)
                and api.classify("mnist-class-cumulative", pixels)[-1].top[0][0] == true_class
            )

    def test_the_next_click_brings_another(self):
        assert len({events.on_example(RUN, event(index=3, turn=turn))[0] for turn in range(3)}) == 3

    @pytest.mark.parametrize(
        "data", [{}, {"index": "3", "turn": 0}, {"index": 3}, {"index": True, "turn": 0}]
    )
    def test_anything_else_is_refused(self, data):
        with pytest.raises(gr.Error):
            events.on_example(RUN, event(**data))


def test_class_names_are_escaped():
    started = SimpleNamespace(classes=[("<b>", "0")])
    history = SimpleNamespace(started=started, learned=[0])
    [card] = checkpoint_cards.cards(history, "0")
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
        drawing, *_ = events.upload(
            run, "cat", event(content=components.data_url(self.photo(mode)))
        )
        assert Image.open(io.BytesIO(drawing)).size == (280, 280)
        strip, sentence, network_input = answers.answer(drawing, run, "cat", False)
        assert (
            len(strip) == 2
            and all(card["prediction"] != "?" for card in strip)
            and sentence["doubt"] == ""
        )
        assert (
            Image.open(
                io.BytesIO(base64.b64decode(network_input["image"].removeprefix(components.PNG)))
            ).size
            == (8, 8)
            and "8 × 8" in network_input["description"]
        )

    def test_the_classes_and_the_test_images_are_the_runs_and_names_are_escaped(self, run):
        cleared, chips, soon, _ = events.on_run_change(run, "0", {"photo": False})
        assert soon["sprite"] == ""  # the data set has to be read first
        examples = events.example_sheet(run)
        assert (
            cleared is None
            and chips["true_class"] == "cat"
            and chips["names"] == ["cat", "<b>dog", "ship", "owl"]
        )
        assert chips["labels"][1] == examples["labels"][1] == "&lt;b&gt;dog"
        drawing, chips = events.on_example(run, event(index=2, turn=1))
        assert chips["true_class"] == "ship" and Image.open(io.BytesIO(drawing)).size == (8, 8)

    def test_a_run_of_the_same_kind_leaves_the_pad_as_it_is(self, run):
        assert events.on_run_change(run, "cat", {"photo": True})[0] is not None

    def test_without_the_data_set_there_are_no_test_images_and_none_can_be_put(
        self, run, monkeypatch
    ):
        monkeypatch.setattr(run_inputs.api, "example_images", lambda *arguments: None)
        run_inputs.SHEETS.clear()
        assert run_inputs.examples(run) == {"sprite": "", "labels": [], "photo": True}
        with pytest.raises(gr.Error):
            events.on_example(run, event(index=0, turn=0))


@pytest.mark.parametrize(
    "part",
    [
        components.Strip,
        components.Sentence,
        components.NetworkInput,
        components.Chips,
        components.Examples,
    ],
)
def test_gradio_can_make_a_part_anew_without_a_value(part):
    """Gradio does so whenever an event leaves the component unchanged."""
    assert part().value is None


def test_a_photograph_of_another_class_than_the_one_named_is_doubted():
    """By the shipped run that learned all ten classes."""
    picture = ship()
    likeliest, share = api.classify(
        "cifar10-class-cumulative", api.preprocess("cifar10-class-cumulative", picture)
    )[-1].top[0]
    assert (likeliest, share >= 0.9) == ("ship", True)
    doubts = [
        answers.answer(png(picture), "cifar10-class-finetune", true_class, False)[1]
        for true_class in ("frog", "ship")
    ]
    assert [sentence["doubt"] for sentence in doubts] == ["ship", ""] and doubts[0][
        "claim"
    ] == "it shows"
