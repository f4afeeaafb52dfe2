"""Laws of compact checkpoints: what they lose, what they name, and what is refused."""

import json

import pytest
import torch
from safetensors.torch import load_file, save, save_file

from benchmarks import ship_compact
from lifelong.errors import LifelongError
from lifelong.inference import predict, verification
from lifelong.models.parts import weights
from lifelong.runs import checkpoints, compact, integrity
from lifelong.runs import store as run_store
from lifelong.runs.integrity import FileState
from lifelong.service import tensor_checks
from lifelong.storage import shipped
from tests.helpers import config, learned_run, prepared
from tests.image_helpers import is_one_sentence

NAME, PREFIX = "toy-start", "network."
FEW, MANY = 3000, 100_000  # bytes of all changes of matrices
TOYS = config(steps=20, tasks=2, network={"widths": "64,64"})


@pytest.fixture(autouse=True)
def backbone(monkeypatch, tmp_path):
    """The file of a backbone that ships: the layers that every toy run here starts from."""
    folder = tmp_path / "backbones"
    folder.mkdir()
    monkeypatch.setattr(weights, "SHIPPED", folder)
    monkeypatch.setattr(shipped, "backbone_names", lambda: frozenset({NAME}))
    start = prepared(TOYS).strategy.network.weights()
    file = folder / f"{NAME}.safetensors"
    save_file({name: tensor for name, tensor in start.items() if name.startswith("feat")}, file)
    return file


@pytest.fixture
def runs(tmp_path):
    """The folders of a run, and of the same run with compact checkpoints."""
    full, out = learned_run(TOYS), tmp_path / "runs" / "compact"
    files = [checkpoints.inference_file(full, after) for after in range(2)]
    packed = {
        after: compact.pack(compact.encode(load_file(file), NAME, PREFIX, FEW), NAME, PREFIX)
        for after, file in enumerate(files)
    }
    ship_compact.write(full, out, packed)
    return full, out


def images() -> torch.Tensor:
    return prepared(TOYS).tasks[0].test.images


def restored(file, matrix: torch.Tensor, nbytes: int) -> torch.Tensor:
    """Returns a matrix of the backbone's second layer after it was compact."""
    state = {f"{PREFIX}features.3.weight": matrix}
    file.write_bytes(compact.pack(compact.encode(state, NAME, PREFIX, nbytes), NAME, PREFIX))
    return compact.read(file)[0][f"{PREFIX}features.3.weight"]


def test_a_change_along_few_directions_is_restored_from_few_bytes(backbone, tmp_path):
    before, generator = load_file(backbone)["features.3.weight"], torch.Generator().manual_seed(0)
    left, right = (torch.randn(64, 3, generator=generator) for _ in range(2))
    moved = before + 1e-3 * left @ right.T
    found = restored(tmp_path / "a.safetensors", moved, 3 * (64 + 64 + 4))
    assert (found - moved).norm() < 0.02 * (moved - before).norm()
    fewer = restored(tmp_path / "a.safetensors", moved, 2 * (64 + 64 + 4))
    assert (fewer - moved).norm() > 0.1 * (moved - before).norm()


def test_more_bytes_come_nearer_and_no_file_takes_more_than_it_was_given(backbone, tmp_path):
    before, file = load_file(backbone)["features.3.weight"], tmp_path / "a.safetensors"
    moved = before + 1e-3 * torch.randn(before.shape, generator=torch.Generator().manual_seed(0))
    errors, sizes = [], []
    for nbytes in (200, 1000, 4000, 9000):
        errors.append(float((restored(file, moved, nbytes) - moved).norm()))
        sizes.append(sum(t.nbytes for t in load_file(file).values()) <= nbytes)
    assert errors == sorted(errors, reverse=True) and all(sizes)
    assert errors[-1] < 0.02 * (moved - before).norm(), "full rank, to the rounding of bytes"


def test_with_full_rank_the_scores_are_those_of_the_whole_checkpoint(tmp_path):
    model = prepared(TOYS).strategy
    model.network.load_weights(
        {n: t + 1e-2 * torch.rand(t.shape) for n, t in model.network.weights().items()}
    )
    state, whole = model.inference_state_dict(), model.scores(images())
    file = tmp_path / "a.safetensors"
    file.write_bytes(compact.pack(compact.encode(state, NAME, PREFIX, MANY), NAME, PREFIX))
    model.load_inference_state_dict(compact.read(file)[0])
    assert torch.allclose(model.scores(images()), whole, atol=3e-3)


def test_a_compact_run_is_small_and_answers_as_any_run_does(runs):
    full, out = runs
    start = prepared(TOYS).strategy.scores(images())
    for after in range(2):
        small, large = (checkpoints.inference_file(each, after) for each in (out, full))
        assert small.stat().st_size < large.stat().st_size / 3
        assert compact.shapes(small) == compact.shapes(large)
        a, b = (predict.load(each, after).scores(images()) for each in (out, full))
        assert (a - b).norm() < 0.5 * (b - start).norm(), "nearer to what was learned"
    history = run_store.history(out)
    assert history.accuracy == run_store.history(full).accuracy
    assert set(integrity.states(out, history).values()) == {FileState.INTACT}
    tensor_checks.check(out, history)


def test_a_compact_run_is_verified_by_the_accuracy_in_its_own_files(runs, monkeypatch):
    full, out = runs
    monkeypatch.setattr(ship_compact, "PREFIX", PREFIX)
    history = run_store.history(full)
    learned = history.config.with_changes(network={"widths": "64,64", "weights": NAME})
    named = type(history)(learned, history.events)
    monkeypatch.setattr(predict, "untrained", lambda _h, _after: prepared(TOYS).strategy)
    packed = dict(ship_compact._packed(full, named, prepared(TOYS).tasks))
    ship_compact.write(full, out, {after: content for after, (content, _) in packed.items()})
    found = verification.verify(out, 1)
    assert found.is_compact and found.agrees and found.recorded == pytest.approx(packed[1][1])
    assert not verification.verify(full, 1).is_compact
    assert found.file is FileState.INTACT


@pytest.mark.parametrize(("state", "words"), [
    ("missing", "toy-start, which is missing; restore"),
    ("changed", "toy-start, but the one here is another; restore"),
    ("foreign", "a backbone 'toy-start', which does not ship"),
])  # fmt: skip
def test_another_backbone_is_one_sentence(runs, backbone, monkeypatch, state, words):
    if state == "missing":
        backbone.unlink()
    elif state == "changed":
        save_file({n: t + 1 for n, t in load_file(backbone).items()}, backbone)
    else:
        monkeypatch.setattr(shipped, "backbone_names", frozenset)
    with pytest.raises(LifelongError) as error:
        predict.load(runs[1], 0)
    assert words in str(error.value) and is_one_sentence(str(error.value))


LAYER, HEAD = f"{PREFIX}features.3.weight", f"{PREFIX}head.weight"
RANK = 5000  # larger than any that fits


def factors(name: str, rows: int, columns: int, rank: int) -> dict[str, torch.Tensor]:
    """Returns the parts of a change of this rank."""
    parts = {"left": (rows, rank), "right": (columns, rank)}
    found = {f"{name}/{part}": torch.zeros(size, dtype=torch.int8) for part, size in parts.items()}
    return {**found, f"{name}/scale": torch.zeros(rank)}


def rows(name: str, size: tuple[int, ...], count: int) -> dict[str, torch.Tensor | None]:
    """Returns the parts of a matrix of bytes in place of a whole one."""
    values = torch.zeros(size, dtype=torch.int8)
    return {f"{name}/bytes": values, f"{name}/row_scale": torch.zeros(count), f"{name}/whole": None}


UNFIT = {
    "other rows": {f"{LAYER}/left": torch.zeros(63, 1, dtype=torch.int8)},
    "no matrix": {f"{LAYER}/left": torch.zeros(64, dtype=torch.int8)},
    "no bytes": {f"{LAYER}/left": torch.zeros(64, 1)},
    "no left": {f"{LAYER}/left": None},
    "no scale": {f"{LAYER}/scale": None},
    "another scale": {f"{LAYER}/scale": torch.zeros(1).half()},
    "rank 0": factors(LAYER, 64, 64, 0),
    "an absurd rank": factors(LAYER, 64, 64, RANK),
    "twice": {f"{LAYER}/added": torch.zeros(64, 64).half()},
    "other values": {f"{PREFIX}features.1.bias/added": torch.zeros(65).half()},
    "a vector of bytes": rows(HEAD, (0,), 10),
    "other scales": rows(HEAD, (10, 64), 11),
    "absurd, of no backbone": factors("network.other", 90_000, 90_000, 1),
    "an unknown part": {"network.head.weight/other": torch.zeros(3)},
    "no part": {"nameless": torch.zeros(3)},
}


@pytest.mark.parametrize("changes", UNFIT.values(), ids=UNFIT)
def test_tensors_that_do_not_fit_the_backbone_are_refused_before_one_is_read(
    runs, monkeypatch, changes
):
    file = checkpoints.inference_file(runs[1], 0)
    tensors, metadata = load_file(file), compact.read_metadata(file)
    tensors = {n: t for n, t in (tensors | changes).items() if t is not None}
    file.write_bytes(save(tensors, metadata))

    def unread(_file):
        raise AssertionError("a tensor was read")

    monkeypatch.setattr(compact.tensor_files, "read", unread)
    with pytest.raises(LifelongError, match="does not fit the backbone") as error:
        compact.read(file)
    assert is_one_sentence(str(error.value))


def test_an_accuracy_that_is_none_is_refused_and_one_of_another_length_not_used(runs):
    file = checkpoints.inference_file(runs[1], 1)
    tensors, metadata = load_file(file), compact.read_metadata(file)
    for given, found in (([0.5], (0.5,)), (0.5, None), ({"a": 1}, None)):
        file.write_bytes(save(tensors, metadata | {compact.ACCURACY: json.dumps(given)}))
        if found:
            assert compact.accuracy(file) == found
        else:
            with pytest.raises(LifelongError, match="does not fit"):
                compact.accuracy(file)
