"""Laws of the charts for notebooks and of their files."""

import re
import xml.etree.ElementTree as tree

import pytest
from PIL import Image

import lifelong as ll
from tests.estimators.helpers import data, small_run
from tests.image_helpers import is_one_sentence

pytest.importorskip("vl_convert", reason="vl-convert-python is not installed")


@pytest.fixture(scope="module")
def runs():
    """Fine-tuning and cumulative training on the same tasks."""
    tasks = data().split("class", 3)
    return small_run().fit(tasks), small_run("cumulative").fit(tasks)


def texts(chart, tmp_path) -> str:
    """Returns all texts of a chart's SVG file."""
    ll.plot.save(chart, tmp_path / "chart.svg")
    return " ".join(node.text or "" for node in tree.parse(tmp_path / "chart.svg").iter())


def test_each_chart_is_drawn_into_a_file_with_its_numbers(runs, tmp_path):
    run, reference = runs
    last = f"{100 * run.accuracy_[-1, -1]:.0f}"
    assert last in texts(ll.plot.forgetting_curves(run, reference), tmp_path)
    assert "after learning task" in texts(ll.plot.accuracy_matrix(run), tmp_path)
    assert "forgotten" in texts(ll.plot.drop_bars(run, reference), tmp_path)
    assert "Task 3" in texts(ll.plot.live_curves(run), tmp_path)
    table = ll.compare({"fine-tuned": run, "all": reference}, data().split("class", 3), seeds=2)
    assert "fine-tuned" in texts(ll.plot.comparison(table), tmp_path)
    assert "seconds" in texts(ll.plot.comparison(table, "seconds"), tmp_path)
    study = ll.Transfer(seeds=1, sizes=(2,), network={"units": 20})
    study.fit(data().split("transfer", 2))
    assert "Frozen" in texts(ll.plot.transfer(study), tmp_path)
    assert "With" in texts(ll.plot.transfer(study, "source"), tmp_path)


def test_png_is_a_picture_and_html_fetches_nothing(runs, tmp_path):
    chart = ll.plot.forgetting_curves(runs[0])
    for name in ("chart.png", "chart.html"):
        ll.plot.save(chart, tmp_path / name)
    assert Image.open(tmp_path / "chart.png").width > 1000
    page = (tmp_path / "chart.html").read_text("utf-8")
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=\"?https?:", page)


def test_what_cannot_be_drawn_gets_one_sentence(runs, tmp_path):
    run, reference = runs
    table = ll.compare({"a": run}, data().split("class", 3), seeds=1)
    for call, says in (
        (lambda: ll.plot.save(ll.plot.accuracy_matrix(run), tmp_path / "chart.gif"), ".svg"),
        (lambda: ll.plot.comparison(table, "accuracies"), "average_accuracy"),
        (lambda: ll.plot.forgetting_curves(ll.Run()), "call fit"),
    ):
        with pytest.raises(ll.LifelongError, match=says) as error:
            call()
        assert is_one_sentence(str(error.value))


def test_without_the_converter_one_sentence_says_what_to_install(runs, tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(ll.LifelongError, match="pip install vl-convert-python") as error:
        ll.plot.save(ll.plot.accuracy_matrix(runs[0]), tmp_path / "chart.svg")
    assert is_one_sentence(str(error.value))
    ll.plot.save(ll.plot.accuracy_matrix(runs[0]), tmp_path / "chart.json")
    assert (tmp_path / "chart.json").stat().st_size > 1000
