"""Laws of the second core: it changes no bit, and is used where it is free and helps."""

import threading
from itertools import islice

import pytest
import torch

from lifelong import registry
from lifelong.numerics import cores, hardware, matmul
from lifelong.training import parallel
from lifelong.training.experiment import Experiment
from tests.helpers import config, same, strategy_names, toy_dataset

IMAGES = toy_dataset(classes=4, train=150, test=20, side=28)


@pytest.fixture
def set_numbers(monkeypatch):
    """Returns the numbers of threads that torch is given, as they come."""
    numbers, set_number = [], torch.set_num_threads

    def watched(number: int) -> None:
        numbers.append(number)
        set_number(number)

    monkeypatch.setattr(torch, "set_num_threads", watched)
    return numbers


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("name", strategy_names())
def test_a_run_has_the_same_bits_with_and_without_the_second_core(name, precision, set_numbers):
    strategy = registry.strategy(name)
    scenario = "class" if "class" in strategy.scenarios else "task"
    given = {"model": "mlp", "tasks": 2, "steps": 3, "precision": precision}
    states = []
    for busy in (True, False):
        experiment = Experiment(config(name, scenario, **given), IMAGES)
        with cores.kept_busy(busy):
            list(experiment.events())
        states.append(experiment.state_dict())
        assert (2 in set_numbers) == (not busy) or strategy.single_pass
    assert same(*states)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize(
    "sizes", [(64, 784, 400), (128, 400, 784), (128, 1000, 400), (30, 20000, 30), (1000, 784, 400)]
)
def test_a_product_has_the_bits_of_one_thread(sizes, precision, one_thread):
    rows, depth, columns = sizes
    generator = torch.Generator().manual_seed(0)
    a = torch.randn(rows, depth, generator=generator)
    b = torch.randn(columns, depth, generator=generator).t()
    with matmul.matmul_precision(precision):
        with cores.kept_busy():
            alone = matmul.matmul(a, b)
        assert torch.equal(matmul.matmul(a, b), alone)
        assert torch.equal(matmul.matmul(a, b, out=torch.empty(rows, columns)), alone)


def test_products_of_shapes_in_which_two_threads_round_otherwise_have_one(
    one_thread, set_numbers, monkeypatch
):
    a, b = torch.rand(200, 300), torch.rand(300, 200)
    for is_same, numbers in ((False, []), (True, [2, 1])):
        monkeypatch.setattr(matmul, "_has_same_bits", lambda *_layout, answer=is_same: answer)
        set_numbers.clear()
        matmul.matmul(a, b)
        assert set_numbers == numbers


def test_the_second_core_is_that_of_a_single_thread_and_given_back_after_an_error():
    for number in (1, 2, 3):
        with hardware.threads(number):
            with pytest.raises(ZeroDivisionError), cores.second_core():
                assert torch.get_num_threads() == max(2, number)
                raise ZeroDivisionError
            assert torch.get_num_threads() == number


class Clock:
    """Clock that a step moves on: by 1 without the second core, by `with_it` else."""

    def __init__(self) -> None:
        self.now, self.with_it = 0.0, 0.5

    def perf_counter(self) -> float:
        return self.now

    def steps(self):
        while True:
            free = cores.is_free()
            self.now += self.with_it if free else 1
            yield free


@pytest.mark.parametrize("outlier", [0, 50])
def test_the_second_core_is_used_as_long_as_it_makes_a_step_faster(
    outlier, one_thread, monkeypatch
):
    clock = Clock()
    monkeypatch.setattr(cores, "time", clock)
    steps = cores.with_second_core(clock.steps())
    trial, rest = [True, False] * (cores.TRIAL // 2), cores.PERIOD - cores.TRIAL

    def period(with_it: float) -> list[bool]:
        clock.with_it = with_it
        first = [next(steps)]
        clock.now += outlier  # of what happens between two steps: it does not count
        return first + list(islice(steps, cores.PERIOD - 1))

    assert period(0.5) == trial + [True] * rest
    assert period(1.5) == trial + [False] * rest  # somebody else computes on that core now
    assert period(0.5) == trial + [True] * rest  # and has ended
    period(1.5)
    steps.close()
    assert cores.is_free()


def test_steps_pass_through_with_their_end_their_errors_and_their_closing():
    closed = []

    def steps(fails: bool):
        try:
            yield 1
            if fails:
                raise ZeroDivisionError
            return 2
        finally:
            closed.append(fails)

    def outcome(fails: bool):
        return (yield from cores.with_second_core(steps(fails)))

    with pytest.raises(StopIteration, match="2"):
        found = outcome(False)
        assert next(found) == 1
        next(found)
    with pytest.raises(ZeroDivisionError):
        list(outcome(True))
    unfinished = outcome(True)
    next(unfinished)
    unfinished.close()
    assert closed == [False, True, True]


def test_the_second_thread_computes_as_the_first_does(one_thread):
    tiny = torch.full((4,), 1e-20)
    states = []
    jobs = [
        lambda: states.append(
            (torch.get_num_threads(), torch.is_grad_enabled(), float((tiny * tiny).sum()))
        )
    ]
    cores._second_thread().submit(cores._run_jobs, iter(jobs)).result()
    assert states == [(1, False, 0.0)]


def test_with_busy_cores_one_thread_does_all_the_work(one_thread):
    by = []
    jobs = [lambda: by.append(threading.current_thread().name)] * 5
    with cores.kept_busy():
        cores.run_two_threaded(jobs)
    assert by == [threading.current_thread().name] * 5


def test_parallel_runs_count_the_cores_as_busy(monkeypatch):
    busy = list(
        parallel.run_jobs(
            lambda job: iter([cores._busy]),
            _busy_in_another_process,
            [1, 2, 3, 4],
            2,
            lambda: False,
        )
    )
    assert busy == [True] * 4 and not cores._busy


def _busy_in_another_process(_job: int):
    """Yields whether a job of another process counts the cores as busy."""
    yield cores._busy


def test_an_error_in_the_second_thread_reaches_the_caller(one_thread):
    there = threading.Event()

    def wait() -> None:
        there.wait(10)

    def fail() -> None:
        there.set()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cores.run_two_threaded([wait, fail])  # one of both threads waits until the other has failed
