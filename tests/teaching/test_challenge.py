"""Laws of the challenge: the buffer holds the chosen images, and a choice has one score."""

import json

import pytest
import torch

from lifelong import validation
from lifelong.errors import LifelongError
from lifelong.service import challenges, worker
from lifelong.service.worker_client import WorkerClient
from lifelong.strategies.parts.replay_buffer import herded_subset
from lifelong.teaching import challenge
from lifelong.teaching.challenge_rules import BUDGET, EACH, FIRST_CLASSES, Rivals, Score, rivals

BALANCED = tuple(c * EACH + i for c in range(FIRST_CLASSES) for i in range(BUDGET // FIRST_CLASSES))
ONE_DIGIT_MISSING = tuple(range(BUDGET))


class Learner(WorkerClient):
    """A worker that learns in this process, before it returns, and counts its orders."""

    def __init__(self) -> None:
        super().__init__()
        self.orders = 0

    def learn(self, folder, until=None):
        self.orders += 1
        worker._learn(folder, until, lambda: False)


@pytest.fixture
def learner(tmp_path, monkeypatch):
    monkeypatch.setenv("LIFELONG_CACHE", str(tmp_path))
    with challenges.connected(Learner()) as client:
        yield client


def test_the_buffer_holds_exactly_the_chosen_images_before_and_after_the_lesson():
    kept = challenge.random_choice(3)
    buffer = challenge.trained(kept).strategy.buffer.examples
    chosen = challenge.album().take(torch.tensor(kept))
    assert all(
        torch.equal(a, b) for a, b in zip(buffer.tensors().values(), chosen.tensors().values())
    )


def flat(score: Score) -> list[float]:
    return [score.old, score.new, *score.per_class]


def test_the_album_has_as_many_training_images_of_each_old_digit():
    album = challenge.album()
    assert album.labels.tolist() == [c for c in range(FIRST_CLASSES) for _ in range(EACH)]
    assert len({image.numpy().tobytes() for image in album.images}) == len(album)


def test_the_same_choice_and_seed_have_the_same_score_in_any_order():
    one = challenge.score(BALANCED, [1])
    assert challenge.score(BALANCED[::-1], [1]) == one != challenge.score(BALANCED, [2])


def test_what_is_kept_decides_what_is_remembered():
    score = challenge.score(ONE_DIGIT_MISSING, [0])  # all of 0 and 1, none of 2 and 3
    assert min(score.per_class[:2]) > 0.9 and max(score.per_class[2:]) < 0.1 < score.new
    assert challenge.without_replay(0) < 0.05 < challenge.score(BALANCED, [0]).old


def test_a_score_is_the_mean_over_its_seeds_and_that_of_the_old_digits_over_digits():
    score, one, other = (challenge.score(BALANCED, seeds) for seeds in ([1, 2], [1], [2]))
    assert one.old != other.old and one.new != other.new
    for found, *parts in zip(*(flat(each) for each in (score, one, other)), strict=True):
        assert found == pytest.approx(sum(parts) / 2)
    assert score.old == pytest.approx(sum(score.per_class) / FIRST_CLASSES)


def test_herding_is_that_of_the_library():
    network = challenge._beginner().strategy.network
    expected = herded_subset(challenge.album(), BUDGET // FIRST_CLASSES, network)
    found = challenge.album().take(torch.tensor(challenge.herded_choice()))
    as_set = [{image.numpy().tobytes() for image in each.images} for each in (expected, found)]
    assert as_set[0] == as_set[1] and len(as_set[0]) == BUDGET


@pytest.mark.parametrize("kept", [(), range(19), range(21), [0] * 20, range(21, 41), range(-1, 19)])
def test_any_other_number_of_images_is_refused(kept):
    with pytest.raises(LifelongError, match="choose 20 of the 40"):
        challenge.score(tuple(kept))


def test_the_stored_scores_are_those_that_are_measured_here():
    stored = rivals()
    assert len(stored.random) == 10 and 0 < stored.spread < 0.05
    near = pytest.approx  # another processor rounds otherwise
    assert challenge.score(challenge.random_choice(0)).old == near(stored.random[0], abs=0.02)
    assert challenge.score(stored.herded).old == near(stored.herding, abs=0.02)
    assert len(set(stored.herded) & set(challenge.herded_choice())) >= BUDGET - 2


def test_a_choice_survives_its_address():
    kept = challenge.random_choice(7)
    assert challenges.decoded(challenges.code(kept)) == kept
    for other in ("", "zz", challenges.code(kept)[1:], "F" * 10, challenges.code(kept[1:])):
        assert challenges.decoded(other) is None


def test_the_worker_scores_a_choice_once(learner):
    first = challenges.score(BALANCED)
    assert first == challenge.score(BALANCED)
    assert challenges.score(BALANCED) == first and learner.orders == 1


def test_a_damaged_score_is_computed_anew(learner):
    challenges.score(BALANCED)
    (challenges._folder(BALANCED) / challenges.SCORE_FILE).write_text('{"old": ')
    assert challenges.stored_score(BALANCED) is None
    challenges.score(BALANCED)
    assert learner.orders == 2


def test_the_oldest_scores_are_removed(learner, monkeypatch):
    monkeypatch.setattr(challenges, "MOST_SCORES", 2)
    for seed in range(4):
        folder = challenges._folder(challenge.random_choice(seed))
        folder.mkdir(parents=True)
    challenges.score(BALANCED)
    assert len(list(challenges._folder(BALANCED).parent.iterdir())) == 2
    assert challenges.stored_score(BALANCED) is not None


def test_without_a_worker_and_for_another_choice_it_says_what_to_do(learner, tmp_path):
    with pytest.raises(LifelongError, match="choose 20"):
        challenges.score(range(3))
    with challenges.connected(None), pytest.raises(LifelongError, match="start the app"):
        challenges.score(BALANCED)
    assert learner.orders == 0


def test_a_file_of_scores_is_validated():
    with pytest.raises(ValueError):
        Rivals.model_validate(json.loads('{"none": 0}'))
    assert validation.Config in Score.__mro__
