"""Laws of runs from the results of other programs."""

import pytest

from lifelong.errors import LifelongError
from lifelong.inference import predict
from lifelong.runs import listing, other_programs, store
from tests.image_helpers import is_one_sentence
from tests.result_files import ROWS, avalanche, mammoth


def rows_of(run):
    return tuple(row.accuracy for row in store.history(run).learned)


def test_mammoth(tmp_path):
    runs = other_programs.import_runs(mammoth(tmp_path, seeds=(3, 4)), "mammoth")
    assert [rows_of(run) for run in runs] == [ROWS, ROWS]
    config = store.history(runs[0]).config
    assert (config.strategy, config.dataset, config.scenario) == ("derpp", "mnist", "class")
    assert (config.seed, config.tasks, config.program) == (3, 3, "Mammoth")
    assert store.history(runs[0]).measures()["average_accuracy"] == pytest.approx(0.65833333)
    row = listing.run_row(runs[0].name)
    assert (row.model, row.recipe, row.seconds, row.program) == ("", "", None, "Mammoth")


def test_numbers_of_numpy_and_a_task_label(tmp_path):
    file = mammoth(tmp_path, wrap=lambda text: text.replace("98.0", "np.float64(98.0)"))
    (run,) = other_programs.import_runs(file, "mammoth", scenario="task")
    assert rows_of(run) == ROWS
    assert store.history(run).learned[1].accuracy_given_task == ROWS[1]


def test_avalanche(tmp_path):
    given = {"strategy": "ewc", "dataset": "mnist", "scenario": "class"}
    (run,) = other_programs.import_runs(avalanche(tmp_path), "avalanche", **given)
    assert rows_of(run) == ROWS
    assert store.history(run).measures()["within_task_accuracy"] is None


def test_what_it_does_not_have_is_not_made_up(tmp_path):
    (run,) = other_programs.import_runs(mammoth(tmp_path), "mammoth")
    report = store.history(run).report(run.name)
    assert report["seconds"] is None and report["stored"] is None
    with pytest.raises(LifelongError, match="results of Mammoth and no checkpoints") as error:
        predict.history_of_learned(run)
    assert is_one_sentence(str(error.value))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("__import__('os').system('touch hacked')", "not a run of Mammoth"),
        ("[" * 5000, "not a run of Mammoth"),
        ("{'model': 'derpp'}", "lacks accuracies"),
        ("{'accuracy_1_task1': 99.0, 'model': 'l2p', 'dataset': 'seq-mnist'}", "l2p"),
        ("{'accuracy_1_task1': 99.0, 'model': 'sgd', 'dataset': 'seq-nothing'}", "nothing"),
        ("{'accuracy_1_task1': 101.0}", "from 0 to 100"),
        ("{'accuracy_1_task1': 1e999}", "from 0 to 100"),
        ("{'accuracy_1_task1': 'high'}", "from 0 to 100"),
        ("{'accuracy_1_task1': 9, 'accuracy_1_task3': 9}", "lacks accuracies"),
        ("{'accuracy_1_task1': 9, 'seed': 'x', 'model': 'sgd', 'dataset': 'seq-mnist'}", "seed"),
        ("\x00\xff", "not a"),
    ],
)
def test_what_is_no_result_gets_one_sentence_and_makes_nothing(tmp_path, text, says):
    file = tmp_path / "class-il" / "x" / "y" / "logs.pyd"
    file.parent.mkdir(parents=True)
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(LifelongError, match=says) as error:
        other_programs.import_runs(file, "mammoth")
    assert is_one_sentence(str(error.value))
    assert not (tmp_path / "hacked").exists()
    assert [row for row in listing.run_rows() if not row.shipped] == []
