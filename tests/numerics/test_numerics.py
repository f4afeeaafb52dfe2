"""Laws of the numerics: precision, exact products, numbers of threads."""

import threading

import pytest
import torch

from lifelong.numerics import hardware, matmul
from lifelong.training import setup
from tests.helpers import config


@pytest.mark.parametrize(
    ("knows", "expected"),
    [
        ({"amx_bf16": True, "avx512_bf16": True}, "bf16"),
        ({"avx512_bf16": True}, "bf16"),
        ({}, "fp32"),
    ],
)
def test_precision_depends_on_the_cpu_and_is_recorded(monkeypatch, knows, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: knows)
    assert hardware.precision("auto") == setup.resolve(config()).precision == expected
    assert [hardware.precision(p) for p in ("fp32", "bf16")] == ["fp32", "bf16"]


def test_products_are_rounded_only_in_bf16():
    before = torch.backends.mkldnn.matmul.fp32_precision
    x = torch.rand(128, 784, generator=torch.Generator().manual_seed(0))
    exact = x.double() @ x.double().T
    with matmul.matmul_precision("fp32"):
        torch.testing.assert_close((x @ x.T).double(), exact, rtol=1e-5, atol=1e-5)
    with pytest.raises(ZeroDivisionError), matmul.matmul_precision("bf16"):
        torch.testing.assert_close((x @ x.T).double(), exact, rtol=2e-2, atol=1e-2)
        raise ZeroDivisionError
    assert torch.backends.mkldnn.matmul.fp32_precision == before


@pytest.mark.parametrize(
    ("knows", "rounds"),
    [({"avx512_bf16": True}, True), ({"avx512_bf16": True, "amx_bf16": True}, False), ({}, False)],
)
def test_factors_are_converted_if_the_cpu_has_bf16_instructions_but_no_tiles(
    knows, rounds, monkeypatch
):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: knows)
    a, b = torch.rand(5, 7), torch.rand(7, 3)
    with matmul.matmul_precision("bf16"):
        product, into = matmul.matmul(a, b), matmul.matmul(a, b, out=torch.empty(5, 3))
        with matmul.matmul_precision("fp32"):
            assert torch.equal(matmul.matmul(a, b), a @ b)
    assert product.dtype == torch.float32 and torch.equal(product, into)
    assert torch.equal(product, (a.bfloat16() @ b.bfloat16()).float()) == rounds
    torch.testing.assert_close(product, a @ b, rtol=2e-2, atol=1e-2)
    assert torch.equal(matmul.matmul(a, b), a @ b)


def test_overlapping_threads_restore_the_precision(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    inside, leave = [threading.Event() for _ in range(2)], [threading.Event() for _ in range(2)]

    def compute_for_a_while(which: int) -> None:
        with matmul.matmul_precision("bf16"):
            inside[which].set()
            leave[which].wait(10)

    both = [threading.Thread(target=compute_for_a_while, args=(which,)) for which in range(2)]
    for thread, arrived, patience in zip(
        both, inside, (10, 0.3)
    ):  # the second comes in the middle of the first
        thread.start()
        arrived.wait(patience)
    for thread, may in zip(both, leave):
        may.set()
        thread.join()
    a, b = torch.rand(5, 7), torch.rand(7, 3)
    assert torch.equal(matmul.matmul(a, b), a @ b)


def large() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(300, 600, generator=generator), torch.randn(600, 700, generator=generator)


def test_a_factor_rounded_beforehand_gives_the_same_product(one_thread, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    a, b = large()
    assert matmul.to_matmul_dtype(a) is a
    with matmul.matmul_precision("bf16"):
        assert torch.equal(
            matmul.matmul(matmul.to_matmul_dtype(a), matmul.to_matmul_dtype(b)), matmul.matmul(a, b)
        )
        assert torch.equal(
            matmul.matmul(matmul.to_matmul_dtype(a[:5]), matmul.to_matmul_dtype(b)),
            matmul.matmul(a[:5], b),
        )


@pytest.mark.parametrize("knows", [{"avx512_vnni": True}, {"amx_int8": True}, {}])
def test_products_of_whole_numbers_are_exact(knows, monkeypatch):
    real = torch.cpu.get_capabilities()
    monkeypatch.setattr(
        torch.cpu, "get_capabilities", lambda: {name: real.get(name, False) for name in knows}
    )
    generator = torch.Generator().manual_seed(0)
    a = torch.randint(-127, 128, (2500, 90), generator=generator, dtype=torch.int8)
    a[:, :2] = 127  # the largest sums there are
    b = a[:, :40]
    total = torch.full((90, 40), 2.0**40, dtype=torch.float64)
    matmul.add_product(total, a, b)
    assert torch.equal(total, 2.0**40 + a.T.double() @ b.double())


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("kind", [torch.int8, torch.float64])
def test_a_symmetric_product_is_added_on_and_below_the_diagonal(
    threads, kind, one_thread, monkeypatch
):
    torch.set_num_threads(threads)
    monkeypatch.setattr(matmul, "STRIP", 7)
    a = torch.randint(0, 128, (50, 30), generator=torch.Generator().manual_seed(0)).to(kind)
    total = torch.eye(30, dtype=torch.float64)
    matmul.add_symmetric(total, a, a)
    expected = torch.eye(30, dtype=torch.float64) + a.T.double() @ a.double()
    assert torch.equal(total.tril(), expected.tril()) and torch.equal(
        total[0, 7:], torch.zeros(23, dtype=torch.float64)
    )


def test_the_number_of_threads_is_set_within_a_block_and_put_back_even_after_an_error():
    before = torch.get_num_threads()
    with pytest.raises(ZeroDivisionError), hardware.threads(before + 1):
        assert torch.get_num_threads() == before + 1
        raise ZeroDivisionError
    assert torch.get_num_threads() == before
    with hardware.threads(None):
        assert torch.get_num_threads() == before


def test_a_generator_computes_with_its_own_threads_and_between_values_the_process_has_its_own():
    before, ended = torch.get_num_threads(), []

    def steps():
        try:
            for _ in range(3):
                yield torch.get_num_threads()
        finally:
            ended.append(torch.get_num_threads())

    numbers = hardware.with_threads(before + 1, steps())
    for number in (next(numbers), next(numbers)):
        assert (number, torch.get_num_threads()) == (before + 1, before)
    numbers.close()
    assert ended == [before] and torch.get_num_threads() == before
