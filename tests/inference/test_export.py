"""Laws of the networks and tables that are exported for other programs."""

import json

import numpy as np
import pytest
import torch

from lifelong.errors import LifelongError
from lifelong.inference import export, predict
from lifelong.runs import store as run_store
from tests.helpers import config, learned_run
from tests.image_helpers import is_one_sentence

IMAGES = np.random.default_rng(0).integers(0, 256, (30, 1, 6, 6), np.uint8)
# Among them all whose rule is their own; more images than are computed in one part.
RUNS = [
    *((name, "class") for name in ("replay", "icarl", "ncm", "slda", "analytic")),
    *((name, "task") for name in ("separate", "hat")),
]


def expected(folder, task=None, after=None):
    answers = [row[-1] for row in predict.classify_batch(folder, IMAGES, after, task)]
    return lambda names: np.array([[a.probability_of[n] for n in names] for a in answers])


@pytest.mark.parametrize(("strategy", "scenario"), RUNS)
def test_torchscript_answers_as_the_run_does(tmp_path, strategy, scenario):
    folder = learned_run(config(strategy, scenario))
    names = export.write_network(folder, tmp_path / "network.pt", "torchscript")
    about = {"classes": "", "run": ""}
    network = torch.jit.load(str(tmp_path / "network.pt"), _extra_files=about)
    with torch.no_grad():
        found = network(torch.from_numpy(IMAGES)).numpy()
    assert np.allclose(found, expected(folder)(names), atol=1e-5)
    assert json.loads(about["classes"]) == list(names) and about["run"].decode() == folder.name


@pytest.mark.parametrize("strategy", ["ewc", "analytic"])
def test_onnx_answers_as_the_run_does_with_and_without_the_task_label(tmp_path, strategy):
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    pytest.importorskip("onnxscript", reason="onnxscript is not installed")
    folder = learned_run(config(strategy))
    for task, after in ((None, None), (1, 2)):
        names = export.write_network(folder, tmp_path / "network.onnx", "onnx", after, task)
        session = runtime.InferenceSession(str(tmp_path / "network.onnx"))
        (found,) = session.run(None, {"images": IMAGES})
        assert np.allclose(found, expected(folder, task, after)(names), atol=1e-5)
        about = session.get_modelmeta().custom_metadata_map
        assert json.loads(about["classes"]) == list(names) and about["strategy"] == strategy


def test_a_deep_network_is_exported_with_its_backbone(tmp_path):
    given = {"dataset": "toy-pictures", "model": "resnet18", "tasks": 2}
    folder = learned_run(config("finetune", network={"weights": "none", "units": 8}, **given))
    export.write_network(folder, tmp_path / "network.pt", "torchscript")
    images = np.random.default_rng(0).integers(0, 256, (2, 3, 16, 16), np.uint8)
    answers = [row[-1] for row in predict.classify_batch(folder, images)]
    with torch.no_grad():
        found = torch.jit.load(str(tmp_path / "network.pt"))(torch.from_numpy(images))
    assert found.max(1).values.tolist() == pytest.approx([a.top[0][1] for a in answers], abs=1e-3)


def test_what_cannot_be_exported_gets_one_sentence(tmp_path):
    folder = learned_run(config("generative-classifier"))
    for given, says in (({}, "fixed computation"), ({"after": 7}, "after"), ({"task": 9}, "task")):
        with pytest.raises(LifelongError, match=says) as error:
            export.write_network(folder, tmp_path / "network.pt", "torchscript", **given)
        message = str(error.value)
        assert is_one_sentence(message) and "lifelong/" not in message


def test_the_table_is_the_record():
    history = run_store.history(learned_run(config("replay")))
    rows = export.csv_table(history).splitlines()
    assert len(rows) == 1 + 6 and rows[0].startswith("after_task,on_task,accuracy")
    last = [row.split(",") for row in rows if row.startswith("2,")]
    assert tuple(float(row[2]) for row in last) == history.learned[2].accuracy
    latex = export.latex_table(history)
    assert f"{100 * history.learned[2].accuracy[0]:.1f}" in latex and latex.count(r"\\") == 4
