"""Laws of the records for TensorBoard, Weights & Biases and MLflow: each has what the run has."""

import json
import logging
from pathlib import Path

import pytest

from lifelong.errors import LifelongError
from lifelong.reports import loggers
from lifelong.runs import store as run_store
from tests.helpers import config, learned_run
from tests.image_helpers import is_one_sentence


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIFELONG_RUNS", str(tmp_path_factory.mktemp("runs")))
        return run_store.history(learned_run(config("replay")))


def expected(history):
    """Returns the value of each name by step."""
    found = {}
    for step, values in loggers.series(history):
        for name, value in values.items():
            found.setdefault(name, {})[step] = pytest.approx(value, abs=1e-6)
    return found


def test_the_steps_count_over_all_tasks_and_the_average_is_that_of_the_run(history):
    found = expected(history)
    assert list(found["accuracy/average"]) == [7, 14, 21]
    assert found["accuracy/average"][21] == history.measures()["average_accuracy"]
    assert found["accuracy/task 1"][14] == history.learned[1].accuracy[0]
    assert list(found["accuracy/task 3"]) == [21] and "live/loss" in found


def test_tensorboard(history, tmp_path):
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    loggers.write("tensorboard", history, "a-run", tmp_path)
    events = reader.EventAccumulator(str(tmp_path / "a-run"))
    events.Reload()
    scalars = {
        name: {event.step: event.value for event in events.Scalars(name)}
        for name in events.Tags()["scalars"]
    }
    results = {f"result/{name}" for name in loggers.summary(history)}
    assert results <= scalars.keys()
    assert {name: scalars[name] for name in scalars.keys() - results} == expected(history)


def test_wandb_offline(history, tmp_path, monkeypatch):
    pytest.importorskip("wandb")
    monkeypatch.delenv("WANDB_MODE", raising=False)
    advice = loggers.write("wandb", history, "a-run", tmp_path)
    (file,) = Path(advice.removeprefix("wandb sync ")).glob("*.wandb")
    content = file.read_bytes()  # names and values are in it as text
    for _step, values in loggers.series(history):
        for name, value in values.items():
            assert name.encode() in content and json.dumps(value).encode() in content
    assert b"settings.per_class" in content and b"forgetting" in content


def test_mlflow(history, tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    address = loggers.write("mlflow", history, "a-run", tmp_path).split()[-1]
    client = mlflow.MlflowClient(tracking_uri=address)
    (run,) = client.search_runs([client.get_experiment_by_name("lifelong").experiment_id])
    assert run.info.run_name == "a-run" and run.info.status == "FINISHED"
    assert run.data.params["strategy"] == "replay" and run.data.params["settings.per_class"]
    assert run.data.metrics["result/forgetting"] == history.measures()["forgetting"]
    found = {
        name: {each.step: each.value for each in client.get_metric_history(run.info.run_id, name)}
        for name in expected(history)
    }
    assert found == expected(history)
    assert logging.getLogger("mlflow").level == logging.WARNING


def test_a_run_that_has_learned_nothing_gets_one_sentence(tmp_path):
    folder = run_store.create(config())
    with pytest.raises(LifelongError, match="learned no task") as error:
        loggers.write("tensorboard", run_store.history(folder), folder.name, tmp_path)
    assert is_one_sentence(str(error.value))
