"""Laws of the cache of models: bounded in bytes, the last used stay, none is built twice."""

import threading
import time

import pytest
import torch

from lifelong.inference import predict
from lifelong.inference.model_cache import ModelCache
from tests.helpers import config, learned_run, prepared

BYTES = prepared(config()).strategy.network.flat.nbytes


def model():
    return prepared(config()).strategy


@pytest.mark.parametrize(("room", "left"), [(10, "abcd"), (2, "ad"), (1, "d"), (0, "d")])
def test_those_used_longest_ago_go_first_and_the_last_one_stays(room, left):
    cache, built = ModelCache(most_bytes=room * BYTES), []
    for key in "abcad":
        cache.get(key, lambda: built.append(1) or model())
    assert cache.nbytes == len(left) * BYTES
    before = len(built)
    for key in left:
        cache.get(key, lambda: built.append(1) or model())
    assert len(built) == before


def test_two_requests_at_once_build_one_model():
    cache, built = ModelCache(), []

    def make():
        built.append(1)
        time.sleep(0.05)
        return model()

    found = []
    threads = [threading.Thread(target=lambda: found.append(cache.get("a", make))) for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(built) == 1 and found[0] is found[1]


def test_a_model_that_answers_has_no_memory_for_training():
    strategy = predict.fresh(learned_run(config("replay")), 0)
    optimizer = strategy.optimizer
    freed = (strategy.network.flat_gradient, optimizer.mean, optimizer.square)
    assert not any(tensor.numel() for tensor in freed)
    assert all(parameter.grad is None for parameter in strategy.network.parameters())
    assert not strategy.network._accumulated
    assert strategy.scores(torch.zeros(1, 1, 6, 6, dtype=torch.uint8)).shape == (1, 10)
