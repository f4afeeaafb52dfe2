"""Laws of the Fisher information and the penalty of EWC, by definition and by hand."""

import math

import pytest
import torch
from torch import nn

from lifelong.config import RunConfig
from lifelong.data import scenarios
from lifelong.data.examples import Examples
from lifelong.data.scenarios import Plan
from lifelong.models.base import Body, Network, Pixels
from lifelong.strategies.ewc import EWC
from lifelong.strategies.parts import importance
from lifelong.strategies.parts.importance import ESTIMATES, exact_fisher, sensitivity
from tests.helpers import config, run_all, toy_dataset

LAMBDA = 3.0


def build_network(inputs: int = 9, hidden: int = 5, outputs: int = 4, seed: int = 0) -> Network:
    network = Network(Pixels((1, 1, inputs)), (hidden, hidden), outputs)
    network.initialise(torch.Generator().manual_seed(seed))
    network.flat.mul_(3)  # answers that are far from even, so that the labels' weights matter
    return network


def pictures(count: int = 12, side: int = 3) -> torch.Tensor:
    return torch.randint(
        0,
        256,
        (count, 1, side, side),
        dtype=torch.uint8,
        generator=torch.Generator().manual_seed(1),
    )


def by_definition(network: Network, images: torch.Tensor, candidates: torch.Tensor) -> torch.Tensor:
    """Returns the expectation over labels of the squared gradient of log p(y|x), image by image."""
    total = torch.zeros_like(network.flat)
    for image, compete in zip(images, candidates):
        for label in compete.nonzero().squeeze(1):
            log_p = (
                network(image.unsqueeze(0))
                .masked_fill(~compete, -torch.inf)
                .log_softmax(1)[0, label]
            )
            network.backward(log_p)
            total += log_p.detach().exp() * network.flat_gradient.square()
    return total / len(images)


ALL, FIRST_TWO = [True] * 4, [True, True, False, False]


@pytest.mark.parametrize(
    "candidates",
    [
        [ALL] * 12,
        [FIRST_TWO] * 12,
        [FIRST_TWO, [False, False, True, True]] * 6,
        [[True, False, False, False]] * 12,
    ],
    ids=["all outputs", "the task's two", "each image its own two", "one output"],
)
def test_the_fisher_is_the_expectation_over_labels_image_by_image(candidates):
    network, images, compete = build_network(), pictures(), torch.tensor(candidates)
    torch.testing.assert_close(
        exact_fisher(network, images, compete),
        by_definition(network, images, compete),
        rtol=1e-4,
        atol=1e-9,
    )


def test_the_fisher_of_two_weights_is_that_of_the_textbook():
    network = Network(Pixels((1, 1, 1)), (), 2)
    with torch.no_grad():
        # Weights of outputs 0 and 1, then their biases.
        network.flat.copy_(torch.tensor([1.0, -0.5, 0.25, 0.0]))
    images = torch.tensor([255, 51], dtype=torch.uint8).reshape(2, 1, 1, 1)
    expected = [0.0, 0.0, 0.0, 0.0]
    for x in (1.0, 0.2):
        p = 1 / (1 + math.exp(-(1.5 * x + 0.25)))
        # E_y[(1[y=k] - p_k)²] = p (1 - p) for either output of a pair.
        for index, factor in enumerate((x * x, x * x, 1, 1)):
            expected[index] += p * (1 - p) * factor / 2
    torch.testing.assert_close(
        exact_fisher(network, images, torch.ones(2, 2, dtype=torch.bool)),
        torch.tensor(expected),
        rtol=1e-5,
        atol=1e-8,
    )


def test_the_fisher_of_outputs_that_do_not_compete_is_zero():
    network, images = build_network(), pictures()
    fisher = exact_fisher(network, images, torch.tensor([FIRST_TWO] * 12))
    bias = fisher[-4:]
    assert (bias[:2] > 0).all() and (bias[2:] == 0).all()
    assert (fisher >= 0).all() and fisher.isfinite().all()


def test_the_fisher_is_a_mean_over_images_not_the_square_of_a_mean_gradient():
    network, images, compete = build_network(), pictures(), torch.ones(12, 4, dtype=torch.bool)
    one = exact_fisher(network, images, compete)
    torch.testing.assert_close(
        exact_fisher(network, images.repeat(3, 1, 1, 1), compete.repeat(3, 1)), one
    )
    halves = [
        exact_fisher(network, images[part], compete[part]) for part in (slice(6), slice(6, 12))
    ]
    torch.testing.assert_close((halves[0] + halves[1]) / 2, one)


def test_the_fisher_computed_in_chunks_is_the_same_and_does_not_change_the_network(monkeypatch):
    network, images, compete = build_network(), pictures(), torch.ones(12, 4, dtype=torch.bool)
    network.flat_gradient.fill_(7)
    before = network.flat.clone()
    whole_one = exact_fisher(network, images, compete)
    monkeypatch.setattr("lifelong.strategies.parts.importance.CHUNK", 5)
    torch.testing.assert_close(exact_fisher(network, images, compete), whole_one)
    assert torch.equal(network.flat, before) and (network.flat_gradient == 7).all()
    assert not any(module._forward_hooks for module in network.modules())


class Convolution(Body):
    """Body with filters: the square of their gradient is no matrix product."""

    width = 8

    def __init__(self):
        super().__init__()
        self.filters = nn.Conv2d(1, 2, 2)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.filters(images.float() / 255).flatten(1)


def test_the_fisher_of_other_layers_is_the_expectation_over_labels():
    torch.manual_seed(0)
    network, images, compete = (
        Network(Convolution(), (), 2),
        pictures(),
        torch.ones(12, 2, dtype=torch.bool),
    )
    found = exact_fisher(network, images, compete)
    torch.testing.assert_close(found, by_definition(network, images, compete))
    assert len(found) == network.flat.numel() > 18 and (found > 0).sum() > 18


@pytest.mark.parametrize("estimate", ["exact", "true-label"])
def test_the_fisher_image_by_image_equals_that_of_the_matrix_products(monkeypatch, estimate):
    network, compete = build_network(), torch.ones(12, 4, dtype=torch.bool)
    given = network, Examples(pictures(), torch.arange(12) % 4, torch.zeros(12)), compete, estimate
    expected = importance.fisher(*given, torch.Generator().manual_seed(0))
    monkeypatch.setattr("lifelong.strategies.parts.importance._only_linear", lambda network: False)
    found = importance.fisher(*given, torch.Generator().manual_seed(0))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-7)


def ewc_with(*quadratics: tuple[list[float], list[float]]) -> EWC:
    """Returns EWC over a network of two parameters with these (importances, optimum)."""
    strategy = EWC(strength=LAMBDA)
    # A weight and a bias.
    strategy.bind(Network(Pixels((1, 1, 1)), (), 1), Plan("class", ((0,),)), RunConfig())
    for fisher, optimum in quadratics:
        strategy.add_task(torch.tensor(fisher), torch.tensor(optimum))
    return strategy


ONE = [([2.0, 0.5], [1.0, -1.0])]
THREE = [*ONE, ([0.25, 4.0], [0.0, 2.0]), ([1.0, 0.0], [3.0, 5.0])]


@pytest.mark.parametrize(
    "quadratics",
    [ONE, THREE, [*THREE, ([0.0, 0.0], [9.0, 9.0])]],
    ids=["one", "three", "one of no weight"],
)
@pytest.mark.parametrize("weights", [[0.5, 0.25], [1.0, -1.0], [-2.0, 7.0]])
def test_the_penalty_and_its_gradient_are_those_of_separate_quadratics(quadratics, weights):
    strategy = ewc_with(*quadratics)
    strategy.network.flat.copy_(torch.tensor(weights))
    by_hand = sum(
        LAMBDA / 2 * f * (w - o) ** 2 for fs, os in quadratics for f, w, o in zip(fs, weights, os)
    )
    slope = [sum(LAMBDA * fs[i] * (weights[i] - os[i]) for fs, os in quadratics) for i in (0, 1)]
    assert LAMBDA / 2 * weighted_distance(strategy) == pytest.approx(by_hand, rel=1e-5, abs=1e-6)
    strategy.network.flat_gradient.copy_(torch.tensor([10.0, 20.0]))
    strategy.adjust_gradients(None)
    assert strategy.network.flat_gradient.tolist() == pytest.approx(
        [10 + slope[0], 20 + slope[1]], rel=1e-5, abs=1e-5
    )


@pytest.mark.parametrize("quadratics", [ONE, THREE])
def test_the_gradient_that_is_added_is_that_of_the_penalty(quadratics):
    strategy = ewc_with(*quadratics)
    weights = torch.tensor([0.3, -0.7], requires_grad=True)
    moved = weights - strategy.anchor
    (LAMBDA / 2 * ((strategy.fisher * moved.square()).sum() + strategy.offset)).backward()
    strategy.network.flat.copy_(weights.detach())
    strategy.network.flat_gradient.zero_()
    strategy.adjust_gradients(None)
    torch.testing.assert_close(strategy.network.flat_gradient, weights.grad)


def test_before_the_first_task_there_is_no_penalty():
    strategy = ewc_with()
    strategy.network.flat_gradient.fill_(1)
    strategy.adjust_gradients(None)
    assert (strategy.network.flat_gradient == 1).all()


@pytest.mark.parametrize("scenario", ["task", "domain", "class", "transfer"])
def test_the_penalty_is_zero_where_a_task_was_learned_and_positive_after_the_next(scenario):
    from lifelong.training.experiment import Experiment

    experiment = Experiment(config("ewc", scenario))
    list(experiment.events(until=1))
    assert weighted_distance(experiment.strategy) == 0
    assert experiment.strategy.fisher.count_nonzero() > 100
    list(experiment.events(until=2))
    assert weighted_distance(experiment.strategy) > 0


def test_the_stored_fisher_is_that_of_all_images_at_the_optimum(toy):
    run_config = config("ewc", "task", tasks=2, precision="fp32")
    from lifelong.training.experiment import Experiment

    experiment = Experiment(run_config)
    list(experiment.events(until=1))
    task = experiment.tasks[0]
    expected = exact_fisher(
        experiment.strategy.network, task.train.images, task.candidates(task.train.tasks)
    )
    assert torch.equal(experiment.strategy.fisher, expected) and torch.equal(
        experiment.strategy.anchor, experiment.strategy.network.flat
    )
    own = scenarios.split(run_config, toy)[0].outputs
    others = [o for o in range(10) if o not in own]
    assert (experiment.strategy.fisher[-10:][list(own)] > 0).all() and (
        experiment.strategy.fisher[-10:][others] == 0
    ).all()


def test_a_strong_penalty_preserves_important_weights():
    free, _ = run_all(
        config("ewc", "task", settings={"strength": 0}, tasks=2, steps=60), toy_dataset()
    )
    stiff, _ = run_all(
        config("ewc", "task", settings={"strength": 1e7}, tasks=2, steps=60), toy_dataset()
    )
    assert weighted_distance(stiff.strategy) < weighted_distance(free.strategy) / 10


def weighted_distance(strategy) -> float:
    """Returns the distance of the weights from the anchor, weighted by importance."""
    return float(
        (strategy.fisher * (strategy.network.flat - strategy.anchor).square()).sum()
        + strategy.offset
    )


@pytest.mark.parametrize(
    ("scenario", "strength"), [("task", 1e5), ("domain", 1e10), ("class", 1e9)]
)
def test_the_default_strengths_are_those_of_the_paper(scenario, strength):
    assert EWC.make(scenario, {}).strength == strength


OWN_TWO = [FIRST_TWO, [False, False, True, True]] * 6


def labelled(candidates: list[list[bool]], count: int = 12) -> tuple[Examples, torch.Tensor]:
    """Returns images with labels among the active outputs, and those outputs."""
    compete = torch.tensor(candidates)
    labels = torch.multinomial(
        compete.float(), 1, generator=torch.Generator().manual_seed(4)
    ).squeeze(1)
    return Examples(pictures(count), labels, torch.zeros(count, dtype=torch.int64)), compete


def log_p(network: Network, images: torch.Tensor, compete: torch.Tensor) -> torch.Tensor:
    return network(images).masked_fill(~compete, -torch.inf).log_softmax(1)


def squared_gradient(network: Network, value: torch.Tensor) -> torch.Tensor:
    network.backward(value)
    return network.flat_gradient.square()


def of_labels(
    network: Network, images: torch.Tensor, compete: torch.Tensor, labels: torch.Tensor
) -> torch.Tensor:
    """Returns the mean squared gradient of log p of each image's label, image by image."""
    squares = [
        squared_gradient(network, log_p(network, images[i : i + 1], compete[i : i + 1])[0, y])
        for i, y in enumerate(labels)
    ]
    return sum(squares) / len(images)


@pytest.mark.parametrize(
    "candidates", [[ALL] * 12, OWN_TWO], ids=["all outputs", "each image its own two"]
)
class TestEstimates:
    """Laws of the four estimates of the Fisher information, each by its definition."""

    def test_exact_is_the_expectation_over_labels(self, candidates):
        network, (examples, compete) = build_network(), labelled(candidates)
        found = importance.fisher(network, examples, compete, "exact", torch.Generator())
        torch.testing.assert_close(
            found, by_definition(network, examples.images, compete), rtol=1e-4, atol=1e-9
        )

    def test_true_label_takes_the_label_of_the_image(self, candidates):
        network, (examples, compete) = build_network(), labelled(candidates)
        found = importance.fisher(network, examples, compete, "true-label", torch.Generator())
        torch.testing.assert_close(
            found,
            of_labels(network, examples.images, compete, examples.labels),
            rtol=1e-4,
            atol=1e-9,
        )

    def test_sampled_takes_one_label_drawn_from_the_answer(self, candidates):
        network, (examples, compete) = build_network(), labelled(candidates)
        p = log_p(network, examples.images, compete).exp().detach()
        drawn = torch.multinomial(p, 1, generator=torch.Generator().manual_seed(5)).squeeze(1)
        found = importance.fisher(
            network, examples, compete, "sampled", torch.Generator().manual_seed(5)
        )
        torch.testing.assert_close(
            found, of_labels(network, examples.images, compete, drawn), rtol=1e-4, atol=1e-9
        )
        assert compete.gather(1, drawn.unsqueeze(1)).all()

    def test_sampled_has_the_exact_one_as_its_mean(self, candidates):
        network, (examples, compete) = build_network(), labelled(candidates)
        often = 4000
        many = Examples(
            *(t.repeat(often, *[1] * (t.dim() - 1)) for t in examples.tensors().values())
        )
        found = importance.fisher(
            network, many, compete.repeat(often, 1), "sampled", torch.Generator().manual_seed(6)
        )
        exact = exact_fisher(network, examples.images, compete)
        torch.testing.assert_close(found, exact, rtol=0.1, atol=float(exact.max()) * 2e-3)

    def test_batch_is_the_square_of_the_mean_gradient_of_each_batch(self, candidates, monkeypatch):
        monkeypatch.setattr("lifelong.strategies.parts.importance.BATCH", 5)
        network, (examples, compete) = build_network(), labelled(candidates)
        squares = []
        for part in (slice(5), slice(5, 10), slice(10, 12)):
            mean = (
                log_p(network, examples.images[part], compete[part])
                .gather(1, examples.labels[part].unsqueeze(1))
                .mean()
            )
            squares.append(squared_gradient(network, mean))
        found = importance.fisher(network, examples, compete, "batch", torch.Generator())
        torch.testing.assert_close(found, sum(squares) / 3, rtol=1e-4, atol=1e-9)

    @pytest.mark.parametrize("estimate", ["exact", "sampled", "true-label"])
    def test_an_estimate_computed_in_chunks_is_the_same(self, candidates, estimate, monkeypatch):
        network, (examples, compete) = build_network(), labelled(candidates)
        whole_one = importance.fisher(
            network, examples, compete, estimate, torch.Generator().manual_seed(7)
        )
        monkeypatch.setattr("lifelong.strategies.parts.importance.CHUNK", 12)
        torch.testing.assert_close(
            importance.fisher(
                network, examples, compete, estimate, torch.Generator().manual_seed(7)
            ),
            whole_one,
        )

    def test_sensitivity_is_the_mean_size_of_the_gradient_of_the_squared_answer(self, candidates):
        network, (examples, compete) = build_network(), labelled(candidates)
        sizes = []
        for image, own in zip(examples.images, compete):
            network.backward(network(image.unsqueeze(0))[0, own].square().sum())
            sizes.append(network.flat_gradient.abs())
        torch.testing.assert_close(
            sensitivity(network, examples.images, compete), sum(sizes) / 12, rtol=1e-4, atol=1e-7
        )


@pytest.mark.parametrize("estimate", ESTIMATES)
def test_no_two_estimates_agree_and_each_reaches_the_strategy(estimate):
    from lifelong.training.experiment import Experiment

    experiment = Experiment(config("ewc", "task", tasks=2, settings={"estimator": estimate}))
    list(experiment.events(until=1))
    task = experiment.tasks[0]
    for other in (e for e in ESTIMATES if e != estimate):
        found = importance.fisher(
            experiment.strategy.network,
            task.train,
            task.candidates(task.train.tasks),
            other,
            torch.Generator(),
        )
        assert not torch.allclose(experiment.strategy.fisher, found, rtol=1e-2)
