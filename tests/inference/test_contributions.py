"""Contributions of pixels to answers: laws of gradient times input."""

import numpy as np
import pytest
import torch

from app.views.draw import spoke
from app.views.draw.run_inputs import digits
from lifelong import api, registry
from lifelong.inference import contributions as module
from lifelong.inference import predict
from lifelong.runs import store as run_store
from tests.helpers import config, learned_run

RUN = "mnist-class-finetune"


def image(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (6, 6)).astype(np.uint8)


def names_of(folder) -> tuple[str, ...]:
    return tuple(name for names in run_store.history(folder).started.classes for name in names)


def zero() -> np.ndarray:
    return api.preprocess(RUN, api.open_drawing(api.png(digits()[0, 0])))


def test_those_of_a_linear_model_are_weight_times_pixel():
    folder = learned_run(config(model="mlp", network={"layers": 0}))
    name = names_of(folder)[0]
    for after, found in enumerate(module.contributions(folder, image(), name)):
        model = predict.load(folder, after)
        classes = predict.active_classes(run_store.history(folder), model, after, None)
        own, rival = (
            next(o for o, labels in classes.items() if label in labels)
            for label in (name, found.rival)
        )
        weight, bias = model.network.head.weight, model.network.head.bias
        expected = (weight[own] - weight[rival]) * torch.from_numpy(image()).flatten() / 255
        assert found.values.flatten() == pytest.approx(expected.numpy(), abs=1e-5)
        assert found.values.sum() + float(bias[own] - bias[rival]) == pytest.approx(
            found.lead, abs=1e-4
        )


def test_without_biases_they_add_up_to_the_lead():
    folder = learned_run(config("replay"))
    for after in range(3):
        for layer in predict.load(folder, after).network.layers:
            layer.bias.zero_()
    for found in module.contributions(folder, image(), names_of(folder)[0]):
        assert found.values.sum() == pytest.approx(found.lead, abs=1e-4)


def test_they_are_the_slope_of_the_lead():
    folder = learned_run(config("ewc"))
    name, small = names_of(folder)[0], 0.5

    def lead(pixels: torch.Tensor, rival: str) -> float:
        model = predict.load(folder, 1)
        classes = predict.active_classes(run_store.history(folder), model, 1, None)
        scores = model.scores(pixels.view(1, 1, 6, 6) * 1)[0]
        of = {label: float(scores[o]) for o, labels in classes.items() for label in labels}
        return of[name] - of[rival]

    found = module.contributions(folder, image(), name)[1]
    pixels = torch.from_numpy(image()).float()
    for at in [(0, 0), (2, 3), (5, 5)]:
        moved = pixels.clone()
        moved[at] += small
        slope = (lead(moved, found.rival) - lead(pixels, found.rival)) / small
        assert found.values[at] == pytest.approx(slope * float(pixels[at]), rel=0.02, abs=2e-3)


def test_the_rival_is_the_answer_where_the_class_is_lost_and_the_lead_is_the_scores():
    answers = api.classify(RUN, zero())
    for answer, found in zip(answers, api.contributions(RUN, zero(), "0")):
        labels = [label for label, _ in answer.top]
        assert found.rival == (labels[0] if labels[0] != "0" else labels[1])
        assert found.lead == pytest.approx(
            answer.score_of["0"] - answer.score_of[found.rival], abs=1e-3
        )
        assert found.values.shape == (28, 28) and not found.values[zero() == 0].any()


def test_with_the_task_label_only_the_classes_of_the_task_compete():
    assert {found.rival for found in api.contributions(RUN, zero(), "0", 0)} == {"1"}


def test_a_class_to_come_and_an_answer_without_a_gradient_have_none():
    folder = learned_run(config())
    later = module.contributions(folder, image(), names_of(folder)[-1])
    assert [found is None for found in later] == [True, True, False]
    assert api.contributions("mnist-class-analytic", zero(), "0") == [None] * 5
    features = api.contributions(
        "cifar10-class-finetune", image().repeat(6, 0)[:32].repeat(6, 1)[None, :, :32].repeat(3, 0),
        "cat",
    )  # fmt: skip
    assert features[-1].values.shape == (32, 32) and features[-1].values.any()


# Rounded features, likelihoods, and networks that are only evaluated.
WITHOUT_GRADIENT = {"analytic", "generative-classifier", "packnet", "separate"}


@pytest.mark.parametrize("strategy", sorted(registry.strategies()))
def test_of_every_strategy_they_are_finite_or_none_at_all(strategy):
    """iCaRL wrote into scores that a gradient needed, and computed its features without one."""
    defined = registry.strategy(strategy).scenarios
    scenario = "class" if "class" in defined else "task"
    folder = learned_run(config(strategy, scenario))
    found = module.contributions(folder, image(), names_of(folder)[0])
    assert [each is None for each in found] == [strategy in WITHOUT_GRADIENT] * 3
    assert all(np.isfinite(each.values).all() and each.values.any() for each in found if each)


def test_the_pictures_are_coloured_where_something_was_said():
    pixels, values = np.full((2, 2), 100, np.uint8), np.array([[2.0, -2.0], [0.0, 0.5]])
    painted = spoke.painted(pixels, values)
    assert painted.shape == (3, 2, 2)
    assert list(painted[:, 0, 0]) == list(spoke.FOR)
    assert list(painted[:, 0, 1]) == list(spoke.AGAINST)
    assert list(painted[:, 1, 0]) == [30, 30, 30]
    photo = spoke.painted(pixels, values, photo=True)
    assert list(photo[:, 1, 0]) == [65, 65, 65] and list(photo[:, 0, 0]) != list(spoke.FOR)
    # Without colours what speaks for the class is lighter.
    assert spoke.FOR.mean() > 1.5 * spoke.AGAINST.mean()


@pytest.mark.parametrize("shape", [(8, 8), (10, 6), (3, 9)])
def test_sums_over_squares_keep_the_total_and_cover_the_picture(shape):
    values = np.random.default_rng(1).normal(size=shape)
    squares = spoke.in_squares(values, 4)
    assert squares.sum() == pytest.approx(values.sum())
    assert squares[0, 0] == pytest.approx(values[:4, :4].sum())
    covered = spoke.drawn(squares, 4, shape)
    assert covered.shape == shape and (covered[:4, :4] == squares[0, 0]).all()
    assert (spoke.drawn(spoke.in_squares(values, 1), 1, shape) == values).all()
