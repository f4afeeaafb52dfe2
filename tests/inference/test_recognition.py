"""Laws of recognition: digits are recognised, and figures that are no digits are not."""

import random

import numpy as np
import pytest
from PIL import Image

from benchmarks import make_recogniser, strokes
from lifelong.datasets import mnist_sample
from lifelong.inference import recogniser, recognition
from lifelong.inference.digits import to_digit
from lifelong.inference.recognition import recognise
from tests.image_helpers import ship

FIGURES = 60


def certainties(pictures) -> list[str]:
    found = [to_digit(picture) for picture in pictures]
    digits = np.stack([image for image in found if image is not None])
    return [each.certainty for each in recognise("mnist", digits)]


def share(found: list[str], certainty: str) -> float:
    return found.count(certainty) / len(found)


def test_test_digits_are_recognised_and_hardly_ever_taken_for_none():
    data = mnist_sample.SPEC.load()
    found = recognise("mnist", data.test_images[:, 0].numpy())
    right = [
        result.certainty == "sure" and result.likeliest[0] == str(int(label))
        for result, label in zip(found, data.test_labels)
    ]
    wrong = [
        result.certainty == "sure" and result.likeliest[0] != str(int(label))
        for result, label in zip(found, data.test_labels)
    ]
    assert np.mean(right) > 0.95 and np.mean(wrong) < 0.02
    assert share([result.certainty for result in found], "none") < 0.02


def test_digits_drawn_in_several_styles_are_recognised():
    dice = random.Random(5)
    names = [name for name in strokes.DIGITS for _ in range(12)]
    digits = np.stack([to_digit(strokes.digit(name, dice)) for name in names])
    found = recognise("mnist", digits)
    right = [r.certainty == "sure" and r.likeliest[0] == name for r, name in zip(found, names)]
    assert np.mean(right) > 0.85
    assert share([result.certainty for result in found], "none") < 0.05


@pytest.mark.parametrize("kind", strokes.NO_DIGITS)
def test_what_is_no_digit_is_seldom_surely_one(kind):
    dice = random.Random(7)
    found = certainties(strokes.no_digit(kind, dice) for _ in range(FIGURES))
    assert share(found, "sure") < 0.25, found


def test_the_figures_of_the_results_are_those_of_the_kinds_that_are_drawn():
    kinds = set(make_recogniser.measured_kinds())
    assert kinds == set(make_recogniser.results())


def test_the_figures_in_words_are_those_measured():
    rows, text = make_recogniser.results(), " ".join(recogniser.__doc__.split())
    scribbles, letters = rows["scribble"], rows["letter"]
    real = rows[make_recogniser.REAL[0]]
    for figure in (
        f"(n = {real['n']:,})",
        f"turns away {100 * scribbles['softmax_turned_away']:.0f} % of scribbles",
        f"{100 * letters['softmax_turned_away']:.0f} % of letters (n = {letters['n']} each)",
        f"takes {100 * scribbles['no_digit']:.0f} % of the scribbles",
        f"{100 * letters['no_digit']:.0f} % of the letters for none",
        f"{100 * real['no_digit']:.1f} % of the test images",
    ):
        assert figure in text


def test_a_photograph_is_judged_by_the_run_that_learned_all_classes():
    from lifelong.inference.preprocess import to_photo

    [found] = recognise("cifar10", to_photo(ship(), (3, 32, 32))[None])
    assert found.certainty == "sure" and found.likeliest[0] == "ship"


@pytest.mark.parametrize("dataset, shape", [("mnist", (14, 14)), ("no-such-data", (28, 28))])
def test_where_no_network_fits_nobody_says_what_it_shows(dataset, shape, monkeypatch):
    monkeypatch.setattr(recognition.run_store, "shipped", lambda: ())
    assert recognise(dataset, np.zeros((1, *shape), np.uint8)) is None


def test_a_blank_picture_has_no_digit_to_recognise():
    assert to_digit(Image.new("L", (280, 280))) is None
