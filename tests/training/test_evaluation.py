"""Laws of evaluation: answers counted by hand, and class-incremental accuracy as two questions."""

import pytest
import torch

from lifelong.data.examples import Examples
from lifelong.data.scenarios import Plan
from lifelong.runs.confusion import confusion_of, task_identification
from lifelong.training.evaluation import accuracy, evaluate
from tests.helpers import config

INF = float("inf")
CLASSES = ((0, 1), (2, 3, 4), (5, 6))
NAMES = tuple(tuple("abcdefg"[c] for c in task) for task in CLASSES)


def random_tests(plan: Plan, seed: int) -> tuple[list[Examples], list[torch.Tensor]]:
    """Returns test images of each task, without pixels, and random scores with ties."""
    generator = torch.Generator().manual_seed(seed)
    tests, scores = [], []
    for task in range(len(plan.classes)):
        own = plan.outputs_of(task)
        labels = torch.randint(own.start, own.stop, (23 + task,), generator=generator)
        images = torch.empty(len(labels), 0)
        tests.append(Examples(images, labels, torch.full((len(labels),), task)))
        size = (len(labels), plan.outputs)
        scores.append(torch.randint(0, 6, size, generator=generator).float())
    return tests, scores


@pytest.mark.parametrize("scenario", ["class", "task", "domain"])
@pytest.mark.parametrize("active", ["seen", "all"])
@pytest.mark.parametrize("after", range(3))
def test_answers_are_counted_for_each_class_as_one_by_one(scenario, active, after):
    plan = Plan(scenario, CLASSES, active)
    tests, scores = random_tests(plan, after)
    found = evaluate(plan, after, tests[: after + 1], scores[: after + 1])
    rows = iter(found.confusion)
    total = torch.zeros(plan.outputs)
    for task in range(after + 1):
        competing = plan.active_outputs(after)[task]
        for label in plan.outputs_of(task):
            counts: dict[int, int] = {}
            for score in scores[task][tests[task].labels == label]:
                answer = max((v, -o) for o, v in enumerate(score.tolist()) if competing[o])
                counts[-answer[1]] = counts.get(-answer[1], 0) + 1
                total += score.masked_fill(~competing, -INF).softmax(0)
            assert next(rows) == counts
    assert next(rows, None) is None
    mean = total / sum(map(len, tests[: after + 1]))
    columns = len(found.mean_probability)
    assert found.mean_probability == pytest.approx(mean[:columns].tolist(), abs=1e-5)
    assert not mean[columns:].any()


@pytest.mark.parametrize("scenario", ["class", "task", "domain"])
@pytest.mark.parametrize("recipe", ["quick", "paper"])
@pytest.mark.parametrize("after", range(3))
def test_the_confusion_matrix_has_the_recorded_accuracies_and_a_name_for_each_column(
    scenario, recipe, after
):
    run = config(scenario=scenario, recipe=recipe, tasks=3)
    plan = Plan(scenario, CLASSES, run.training_recipe.active_classes)
    tests, scores = random_tests(plan, 7)
    found = evaluate(plan, after, tests[: after + 1], scores[: after + 1])
    matrix = confusion_of(run, NAMES, after, found.confusion)
    assert len(matrix.answers) == len(found.mean_probability)
    assert len(matrix.classes) == len(matrix.counts) == sum(map(len, CLASSES[: after + 1]))
    assert matrix.accuracy == found.accuracy
    assert found.accuracy == tuple(
        accuracy(plan, after, tests[t], scores[t]) for t in range(after + 1)
    )
    for name, images in zip(matrix.classes, matrix.images):
        answers = matrix.answers_of(name)
        assert sum(a.share for a in answers) == pytest.approx(1)
        assert sum(a.images for a in answers) == images
        assert answers == sorted(answers, key=lambda a: -a.images)


@pytest.mark.parametrize("active", ["seen", "all"])
@pytest.mark.parametrize("seed", range(5))
def test_an_answer_is_correct_if_its_task_is_and_the_class_within_the_task_is(active, seed):
    """P(c) = P(t) P(w | t) image by image, so P(c) lies between P(t) + P(w) - 1 and both."""
    plan = Plan("class", CLASSES, active)
    tests, scores = random_tests(plan, seed)
    found = evaluate(plan, 2, tests, scores)
    shares = task_identification(NAMES, found.confusion)
    for task, (test, values) in enumerate(zip(tests, scores)):
        own = torch.tensor(list(plan.outputs_of(task)))
        right_task = (values.argmax(1)[:, None] == own).any(1)
        right_class = own[values[:, own].argmax(1)] == test.labels
        c, t, w = found.accuracy[task], shares[task], found.accuracy_given_task[task]
        assert t == pytest.approx(right_task.float().mean().item())
        assert c == pytest.approx((right_task & right_class).float().mean().item())
        assert c == pytest.approx(t * right_class[right_task].float().mean().item())
        assert t + w - 1 - 1e-9 <= c <= min(t, w) + 1e-9


def test_where_tasks_share_outputs_an_answer_is_a_class_of_the_images_own_task():
    run = config(scenario="domain")
    rows = ({0: 3, 1: 1}, {1: 9}, {1: 2}, {0: 1, 1: 4})
    matrix = confusion_of(run, (("a", "b"), ("c", "d")), 1, rows)
    assert matrix.answers == ("a or c", "b or d") and matrix.correct == (0, 1, 0, 1)
    assert [(a.answer, a.share) for a in matrix.answers_of("a")] == [("a", 0.75), ("b", 0.25)]
    assert [a.answer for a in matrix.answers_of("c")] == ["d"]
    assert matrix.images == (4, 9, 2, 5)
    assert matrix.per_class_accuracy == (0.75, 1.0, 0.0, 0.8)


@pytest.mark.parametrize("value", [float("nan"), INF])
def test_a_model_that_has_diverged_has_no_mean_probability_but_a_confusion_matrix(value):
    plan = Plan("class", CLASSES)
    tests, scores = random_tests(plan, 0)
    scores[1][0, 0] = value
    found = evaluate(plan, 2, tests, scores)
    assert found.mean_probability is None
    assert sum(sum(row.values()) for row in found.confusion) == sum(map(len, tests))


def test_the_part_about_a_task_has_all_its_images_and_its_most_frequent_answers():
    rows = ({0: 3, 5: 2, 7: 1}, {1: 2, 5: 4}, *({c: 6} for c in range(2, 10)))
    whole = confusion_of(config(tasks=5), [(str(k), str(k + 1)) for k in range(0, 10, 2)], 4, rows)
    part = whole.of_task(0, most=3)
    assert part.classes == ("0", "1") and part.answers == ("0", "1", "5", "other classes")
    assert part.counts == ((3, 0, 2, 1), (0, 2, 4, 0)) and part.images == whole.images[:2]
    assert part.per_class_accuracy == whole.per_class_accuracy[:2]
    assert whole.of_task(2, most=12).answers == ("4", "5")
