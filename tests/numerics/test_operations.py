"""Laws of counting operations: closed forms, both threads, and results that stay the same."""

import threading

import pytest
import torch
import torch.nn.functional as F

from lifelong.numerics import cores, matmul, operations, peak_memory
from lifelong.numerics.hardware import threads
from lifelong.numerics.operations import OperationCounter

A, B = torch.randn(6, 5), torch.randn(5, 4)
SQUARE = torch.eye(6, dtype=torch.float64)


@pytest.mark.parametrize(("compute", "total"), [
    (lambda: A @ B, 6 * 5 * 4),
    (lambda: torch.mm(A, B, out=torch.empty(6, 4)), 6 * 5 * 4),
    (lambda: torch.zeros(6, 4).addmm_(A, B), 6 * 5 * 4),
    (lambda: A @ torch.ones(5), 6 * 5),
    (lambda: F.linear(A, torch.ones(3, 5), torch.ones(3)), 6 * 5 * 3),
    (lambda: F.conv2d(torch.ones(2, 3, 8, 8), torch.ones(4, 3, 3, 3)), 2 * 4 * 6 * 6 * 3 * 9),
    (lambda: torch._int_mm(torch.ones(32, 16, dtype=torch.int8),
                           torch.ones(16, 8, dtype=torch.int8)), 32 * 16 * 8),
    (lambda: torch.linalg.cholesky(SQUARE), 6**3 // 3 // 2),
    (lambda: torch.cholesky_solve(torch.ones(6, 2).double(), SQUARE), 6 * 6 * 2),
    (lambda: torch.bmm(torch.ones(3, 6, 5), torch.ones(3, 5, 4)), 3 * 6 * 5 * 4),
    (lambda: torch.baddbmm(torch.ones(3, 6, 4), torch.ones(3, 6, 5), torch.ones(3, 5, 4)),
     3 * 6 * 5 * 4),
    (lambda: torch.addmm(torch.zeros(6, 4), A, B, beta=0.5), 6 * 5 * 4),
    (lambda: A + A, 0),
])  # fmt: skip
def test_operations_are_counted_from_the_shapes(compute, total):
    with OperationCounter() as counter:
        compute()
    assert counter.total == total
    compute()
    assert counter.total == total, "nothing counts outside of the block"


def test_the_backward_pass_is_counted():
    weight = torch.ones(5, 4, requires_grad=True)
    with OperationCounter() as counter:
        (A @ weight).sum().backward()
    assert counter.total == 2 * 6 * 5 * 4


def test_products_in_the_second_thread_count_as_well_and_have_the_same_bits():
    a, b = torch.randn(400, 1000), torch.randn(1000, 400)
    assert len(a) * b.numel() >= matmul.LARGE
    with threads(1):
        expected = matmul.matmul(a, b)
        with OperationCounter() as counter:
            found = matmul.matmul(a, b)
    assert torch.equal(found, expected) and counter.total == 400 * 1000 * 400


def test_both_threads_are_counted_where_both_work():
    arrived = threading.Barrier(2, timeout=10)

    def job() -> None:
        arrived.wait()
        A @ B

    with threads(1), OperationCounter() as counter:
        cores.run_two_threaded([job, job])
    assert counter.total == 2 * 6 * 5 * 4
    assert operations.current() is None


def test_of_a_loop_only_the_first_pass_is_looked_at_and_the_others_count_by_their_size():
    def product(rows: int) -> int:
        torch.ones(rows, 5) @ B
        return rows

    with OperationCounter() as counter:
        passes = [product(rows) for rows in operations.sampled([6, 6, 3], lambda rows: rows)]
        assert counter.total == 15 * 5 * 4
        A @ B
    assert counter.total == 21 * 5 * 4 and passes == [6, 6, 3]
    assert list(operations.sampled([1, 2, 3])) == [1, 2, 3] and list(operations.sampled([])) == []


def test_an_error_within_a_loop_leaves_the_counter_at_work():
    with OperationCounter() as counter:
        with pytest.raises(ZeroDivisionError):
            for item in operations.sampled([2, 1, 0]):
                1 / item
        A @ B
    assert counter.total == 6 * 5 * 4 and operations.current() is None


def test_the_peak_of_memory_is_that_since_the_last_reset():
    if not peak_memory.reset("cpu"):
        pytest.skip("this system does not measure it")
    before = peak_memory.read("cpu")
    large = torch.ones(50_000_000)  # 200 MB
    assert peak_memory.read("cpu") - before > 150e6
    del large
    peak_memory.reset("cpu")
    assert peak_memory.read("cpu") - before < 50e6


def test_memory_that_cannot_be_measured_is_none(monkeypatch, tmp_path):
    monkeypatch.setattr(peak_memory, "_PROCESS", tmp_path / "missing")
    assert not peak_memory.reset("cpu") and peak_memory.read("cpu") is None
