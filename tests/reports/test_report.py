"""Laws of the report, and of the commands that draw."""

import re

import pytest

from lifelong.formatting import percent
from lifelong.runs import store as run_store
from tests.helpers import config, learned_run

pytest.importorskip("vl_convert", reason="vl-convert-python is not installed")


@pytest.fixture
def cli(monkeypatch, capsys):
    """Runs a command in this process; returns its status, standard output and standard error."""
    from lifelong.cli import commands

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["lifelong", *map(str, arguments)])
        return commands.main(), *capsys.readouterr()

    return call


def test_a_report_has_curves_measures_configuration_and_command_and_fetches_nothing(cli, tmp_path):
    folders = [learned_run(config("cumulative")), learned_run(config("ewc"))]
    status, out, _ = cli("report", *folders, "--out", tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text("utf-8")
    assert status == 0 and "report.html" in out
    history = run_store.history(folders[1])
    assert page.count("<svg") == 5, "curves and matrix of both, the drops of the one that forgets"
    assert percent(history.measures()["average_accuracy"]) in page
    assert "--strategy ewc" in page and "1000000000" in page and "torch" in page
    assert folders[0].name in page and "Forgetting" in page
    assert not re.search(r"(src|href)=\"https?:", page) and "<script" not in page


def test_names_in_a_report_are_no_markup(cli, tmp_path):
    folder = tmp_path / "<b>run"
    run_store.create(config(), folder)
    list(run_store.learn(folder))
    assert cli("report", folder, "--out", tmp_path / "report.html")[0] == 0
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "<b>run" not in page and "&lt;b&gt;run" in page


def test_plot_draws_one_run_or_several_and_refuses_what_it_cannot(cli, tmp_path):
    one, other = learned_run(config()), learned_run(config("replay"))
    assert cli("plot", one, "--out", tmp_path / "one.svg")[0] == 0
    assert cli("plot", one.name, other, "--out", tmp_path / "two.svg", "--chart", "matrix")[0] == 0
    both = (tmp_path / "two.svg").read_text("utf-8")
    assert one.name in both and other.name in both
    for arguments, says in (
        (("plot", one, "--out", tmp_path / "x.gif"), ".svg"),
        (("plot", one, "--out", tmp_path / "x.svg", "--chart", "drops"), "cumulative"),
        (("report", run_store.create(config("si")), "--out", tmp_path / "x.html"), "not learned"),
    ):
        status, _, err = cli(*arguments)
        assert status == 2 and says in err and err.count("\n") == 1
