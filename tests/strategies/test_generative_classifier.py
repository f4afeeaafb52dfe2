"""Laws of the generative classifier: one model for each class and its likelihood."""

import math

import pytest
import torch

from lifelong.models.parts.vae import VAE
from lifelong.strategies.generative_classifier import (
    SAMPLES,
    UNKNOWN,
    GenerativeClassifier,
    log_likelihoods,
)
from lifelong.training.experiment import Experiment
from tests.helpers import config, run_all, toy_dataset

NAME = "generative-classifier"


def learned(steps: int, tasks: int) -> Experiment:
    """Returns the experiment after its first `tasks` tasks, not evaluated on test images.

    In bf16 the last bits of a product may depend on the number of classes and images.
    """
    experiment = Experiment(config(NAME, steps=steps, precision="fp32"), toy_dataset(train=60))
    for task in experiment.tasks[:tasks]:
        for _step in experiment.strategy.learn(task):
            pass
    return experiment


def random(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(
    ("steps", "turns"), [(12, [3, 3, 3, 3]), (7, [1, 1, 1, 4]), (2, [1, 1, 0, 0])]
)
def test_a_tasks_steps_are_dealt_out_to_its_classes_one_after_the_other(steps, turns):
    experiment = Experiment(config(NAME, steps=steps))
    task, learning = experiment.tasks[0], []
    for _step in experiment.strategy.learn(task):
        learning.append(len(experiment.strategy.models) - 1)
    assert [learning.count(output) for output in range(4)] == turns and learning == sorted(learning)
    assert len(experiment.strategy.models) == 4


def test_with_the_paper_recipe_a_class_has_a_thousand_steps_of_128():
    strategy = Experiment(config(NAME, tasks=5, steps=None, recipe="paper")).strategy
    assert strategy.recipe.steps // 2 == 1000 and strategy.recipe.batch == 128
    assert (SAMPLES, strategy.width, strategy.vae.latents) == (50, 85, 5)
    assert [layer.out_features for layer in (*strategy.vae.encoder, *strategy.vae.decoder)] == [
        85,
        85,
        10,
        85,
        85,
        36,
    ]


def test_a_model_sees_images_of_its_own_class_only(monkeypatch):
    experiment = Experiment(config(NAME))
    task, batches = experiment.tasks[0], []
    loss = VAE.loss
    monkeypatch.setattr(
        VAE,
        "loss",
        lambda self, pixels, *rest: (batches.append(pixels), loss(self, pixels, *rest))[1],
    )
    list(experiment.strategy.learn(task))
    own = [
        experiment.strategy.network.body(task.train.images[task.train.labels == output])
        for output in range(4)
    ]
    for pixels, output in zip(batches, [0, 1, 2, 3, 3, 3, 3], strict=True):
        assert float(torch.cdist(pixels, own[output]).min(1).values.max()) < 1e-3


def test_models_of_learned_classes_do_not_change():
    experiment = Experiment(config(NAME))
    list(experiment.events(until=1))
    before = experiment.strategy.models.clone()
    events = list(experiment.events())
    assert events[-2].stored == {"weights": 10 * experiment.strategy.vae.flat.nbytes}
    assert len(experiment.strategy.models) == 10 and torch.equal(
        experiment.strategy.models[:4], before
    )
    assert len({tuple(model.tolist()) for model in experiment.strategy.models}) == 10


def test_the_likelihood_is_the_integral_over_the_latents():
    vae, pixels = VAE((6, 8), 1, (8, 6)), torch.rand(5, 6, generator=random(1))
    vae.initialise(random())
    vae.flat.mul_(2)
    grid = torch.linspace(-8, 8, 4001).unsqueeze(1)
    with torch.no_grad():
        decoded = vae.decode(grid).sigmoid()
        log_p = (
            (pixels.unsqueeze(1) - decoded).square().sum(2) / -2
            - grid.squeeze(1).square() / 2
            - math.log(2 * math.pi) / 2
        )
        exact = (log_p + math.log(16 / 4000)).logsumexp(1)
        ours = log_likelihoods(vae, pixels, torch.randn(20_000, 1, generator=random(2)))
    torch.testing.assert_close(ours, exact, atol=0.02, rtol=0)


def test_an_image_is_likeliest_under_the_model_of_its_own_class():
    experiment = learned(steps=240, tasks=1)
    test = experiment.tasks[0].test
    answers = experiment.strategy.scores(test.images)[:, :4]
    assert float((answers.argmax(1) == test.labels).float().mean()) > 0.95
    assert answers.gather(1, test.labels.unsqueeze(1)).mean() > answers.mean() + 1


def test_classes_not_learned_yet_have_a_finite_score_that_never_wins():
    experiment = Experiment(config(NAME))
    images = experiment.tasks[0].test.images
    assert (experiment.strategy.scores(images) == UNKNOWN).all() and math.isfinite(UNKNOWN)
    list(experiment.events(until=1))
    answers = experiment.strategy.scores(images)
    assert (answers[:, :4] > -1000).all() and (answers[:, 4:] == UNKNOWN).all()
    assert answers.softmax(1)[:, :4].sum(1).tolist() == pytest.approx([1] * len(images))


def test_scores_depend_only_on_the_image():
    # In bf16 the last bits of a product may depend on the number of images.
    experiment, _ = run_all(config(NAME, precision="fp32"))
    images, strategy = experiment.tasks[1].test.images, experiment.strategy
    answers = strategy.scores(images)
    state = strategy.generator.get_state()
    torch.rand(3, generator=strategy.generator)
    torch.manual_seed(9)
    assert torch.equal(strategy.scores(images), answers)
    assert not torch.equal(strategy.generator.get_state(), state)
    torch.testing.assert_close(
        torch.cat([strategy.scores(image) for image in images.split(1)]),
        answers,
        rtol=1e-5,
        atol=1e-4,
    )


def test_unlikely_classes_get_fewer_samples_and_the_others_all(monkeypatch):
    experiment = learned(steps=240, tasks=1)
    images, strategy = experiment.tasks[0].test.images, experiment.strategy
    # The likelihoods of small images are not far apart.
    monkeypatch.setattr("lifelong.strategies.generative_classifier.MARGIN", 3.0)
    answers = strategy.scores(images)
    monkeypatch.setattr("lifelong.strategies.generative_classifier.MARGIN", math.inf)
    every = strategy.scores(images)
    assert torch.equal(answers.argmax(1), every.argmax(1))
    first = every.argmax(1, keepdim=True)
    torch.testing.assert_close(answers.gather(1, first), every.gather(1, first))
    assert (answers != every).any()


def test_the_generative_classifier_is_defined_only_for_the_class_scenario():
    assert GenerativeClassifier.scenarios == {"class"}
