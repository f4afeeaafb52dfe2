"""Laws of class statistics: classes and outputs, and running means."""

import pytest
import torch

from lifelong.data.scenarios import Plan
from lifelong.strategies.parts import class_statistics

UNEVEN = ((3, 1, 4), (0, 2))


@pytest.mark.parametrize(
    "scenario, label, expected",
    [
        ("class", [0, 2, 3, 4], [0, 2, 3, 4]),
        ("task", [0, 2, 3, 4], [0, 2, 3, 4]),
        ("domain", [0, 2, 0, 1], [0, 2, 3, 4]),
    ],
)
def test_a_class_is_an_output_but_in_the_domain_scenario_a_label_of_a_task(
    scenario, label, expected
):
    plan = Plan(scenario, UNEVEN)
    assert class_statistics.count(plan) == 5
    assert (
        class_statistics.classes_of(plan, torch.tensor([0, 0, 1, 1]), torch.tensor(label)).tolist()
        == expected
    )


def test_an_output_answers_with_the_best_of_its_classes_that_were_seen():
    scores = torch.tensor([[1.0, 2.0, 3.0, 4.0, 1.5]])
    everything = torch.ones(5, dtype=torch.int64)
    first_task = torch.tensor([9, 9, 9, 0, 0])
    assert (
        class_statistics.max_per_output(Plan("class", UNEVEN), scores, everything).tolist()
        == scores.tolist()
    )
    assert class_statistics.max_per_output(Plan("domain", UNEVEN), scores, everything).tolist() == [
        [4, 2, 3]
    ]
    assert class_statistics.max_per_output(Plan("domain", UNEVEN), scores, first_task).tolist() == [
        [1, 2, 3]
    ]
    unknown = class_statistics.max_per_output(Plan("class", UNEVEN), scores, first_task)
    assert unknown.isfinite().all() and unknown.softmax(1)[0, 3:].tolist() == [0, 0]
    assert class_statistics.max_per_output(Plan("class", UNEVEN), scores, 0 * everything).softmax(
        1
    ).tolist() == [[pytest.approx(0.2)] * 5]


@pytest.mark.parametrize("portions", [1, 4, 60])
def test_streaming_means_and_scatter_equal_those_of_all_images(portions):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(60, 4, generator=generator, dtype=torch.float64) + 5
    classes = torch.randint(0, 3, (60,), generator=generator)
    means, counts, scatter = (
        torch.zeros(4, 4, dtype=torch.float64),
        torch.zeros(4, dtype=torch.int64),
        torch.zeros(4, 4).double(),
    )
    for part, of in zip(x.tensor_split(portions), classes.tensor_split(portions)):
        before, after = class_statistics.update_means(means, counts, part, of)
        scatter += before.T @ after
    expected = torch.stack([x[classes == c].mean(0) for c in range(3)])
    torch.testing.assert_close(means[:3], expected)
    torch.testing.assert_close(scatter, (x - expected[classes]).T @ (x - expected[classes]))
    assert counts.tolist() == [*classes.bincount().tolist(), 0] and (means[3] == 0).all()
