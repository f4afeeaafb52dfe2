"""Checkpoints: tensors on disk, damaged and foreign files."""

import os
import pickle

import pytest
import torch
from safetensors.torch import save

from lifelong.errors import LifelongError
from lifelong.events import Recovered
from lifelong.inference import predict
from lifelong.runs import checkpoints
from lifelong.storage import tensor_files
from tests.helpers import config, forget_checksums, learn, learned_run
from tests.runs.helpers import sentence

BLANK = torch.zeros(6, 6, dtype=torch.uint8).numpy()


TENSORS = {
    "a": torch.arange(6.0).reshape(2, 3),
    "b": torch.tensor([1, 2]),
    "empty": torch.zeros(0),
    "scalar": torch.tensor(2.5),
}


def test_tensors_come_back_with_their_metadata(tmp_path):
    tensor_files.write(tmp_path / "t.safetensors", TENSORS, {"task": "3"})
    tensors, about = tensor_files.read(tmp_path / "t.safetensors")
    assert about == {"task": "3"} and tensors.keys() == TENSORS.keys()
    assert all(
        torch.equal(tensors[n], t) and tensors[n].dtype == t.dtype for n, t in TENSORS.items()
    )


def test_half_precision_takes_half_the_space_and_leaves_whole_numbers_alone(tmp_path):
    many = {
        "w": torch.randn(1000, generator=torch.Generator().manual_seed(0)),
        "labels": torch.tensor([1, 2, 40_000]),
    }
    tensor_files.write(tmp_path / "whole.safetensors", many)
    tensor_files.write(tmp_path / "half.safetensors", many, half=True)
    tensors, _ = tensor_files.read(tmp_path / "half.safetensors")
    assert torch.equal(tensors["labels"], many["labels"]) and tensors["w"].dtype == torch.float32
    torch.testing.assert_close(tensors["w"], many["w"], rtol=1e-3, atol=1e-3)
    assert (tmp_path / "whole.safetensors").stat().st_size - (
        tmp_path / "half.safetensors"
    ).stat().st_size > 1900


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1],
        lambda data: data[:4],
        lambda data: b"",
        lambda data: b"\xff" * 64,
        lambda data: b"\x10" + data[1:],
        lambda data: b"PK\x03\x04" + data,
    ],
    ids=["half", "a byte short", "four bytes", "empty", "noise", "wrong header", "a zip"],
)
@pytest.mark.parametrize("is_recorded", [True, False])
def test_a_damaged_checkpoint_is_one_sentence_and_learning_goes_on_from_the_one_before(
    damage, is_recorded
):
    folder = learned_run(config(), until=2)
    if not is_recorded:
        forget_checksums(folder)
    for file in (checkpoints.inference_file(folder, 1), checkpoints.resume_file(folder, 1)):
        file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(
        LifelongError, match=rf"^The checkpoint {folder.name}/task-1\.safetensors is damaged"
    ) as error:
        predict.classify(folder, BLANK)
    sentence(error)
    assert predict.classify(folder, BLANK, after=0), "the checkpoints that are whole still answer"
    assert learn(folder)[0] == Recovered(task=1, step=0, damaged=("resume-1.safetensors",))
    assert len(predict.classify(folder, BLANK)) == 3


def test_of_a_missing_checkpoint_a_sentence_says_so_and_learning_begins_anew():
    folder = learned_run(config(), until=1)
    checkpoints.inference_file(folder, 0).unlink()
    checkpoints.resume_file(folder, 0).unlink()
    with pytest.raises(LifelongError, match="is missing") as error:
        predict.classify(folder, BLANK)
    sentence(error)
    assert Recovered(task=0, step=0, damaged=("resume-0.safetensors",)) in learn(folder)
    assert len(predict.classify(folder, BLANK)) == 3


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"x": torch.zeros(3)},
        {"network.flat": torch.zeros(3), "generator": torch.zeros(3, dtype=torch.uint8)},
        {"network.head.weight": torch.zeros(2, 2)},
    ],
    ids=["nothing", "another name", "another shape", "another layer"],
)
@pytest.mark.parametrize(
    "about",
    [None, {"task": "1", "step": "0", "seconds": "0"}, {"task": "one", "step": "", "seconds": "?"}],
    ids=["no words", "words", "odd words"],
)
def test_a_checkpoint_of_another_model_is_one_sentence(other, about):
    folder = learned_run(config(), until=1)
    forget_checksums(folder)
    for file in (checkpoints.inference_file(folder, 0), checkpoints.resume_file(folder, 0)):
        file.write_bytes(save(other, about))
    with pytest.raises(LifelongError, match="belongs to another model") as error:
        predict.classify(folder, BLANK)
    sentence(error)
    assert Recovered(task=0, step=0, damaged=("resume-0.safetensors",)) in learn(folder)


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


def test_nothing_is_ever_unpickled(tmp_path):
    folder = learned_run(config(), until=1)
    trap = tmp_path / "sprung"
    for file in (checkpoints.inference_file(folder, 0), checkpoints.resume_file(folder, 0)):
        file.write_bytes(pickle.dumps(Trap(trap)))
    (folder / "record.jsonl.pkl").write_bytes(pickle.dumps(Trap(trap)))
    forget_checksums(folder)
    with pytest.raises(LifelongError, match="is damaged"):
        predict.classify(folder, BLANK)
    learn(folder, until=1)
    forget_checksums(folder)
    torch.save({"network.flat": torch.zeros(3)}, checkpoints.resume_file(folder, 0))
    learn(folder)
    assert not trap.exists()
