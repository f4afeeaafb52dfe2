"""The command `runs`: the list as before, and what can be done with one run."""

import json
import os

import pytest

from lifelong.runs import store
from tests.helpers import config, learned_run


def test_a_run_is_named_starred_deleted_and_brought_back(cli):
    run = learned_run(config(tasks=1)).name
    assert cli("runs", "rename", run, " My run ")[1] == f"{run} is now called My run.\n"
    assert cli("runs", "star", run)[1] == f"{run} has a star.\n"
    status, out, _err = cli("runs")
    assert status == 0 and out.splitlines()[0].endswith("  *  My run")
    row = json.loads(cli("runs", "--json")[1])[0]
    assert (row["id"], row["name"], row["star"]) == (run, "My run", True)
    assert "no star" in cli("runs", "star", run, "--off")[1]
    assert "no name of its own" in cli("runs", "rename", run)[1]
    assert "is deleted" in cli("runs", "delete", run)[1] and run not in store.ids()
    assert cli("runs", "trash")[1].startswith(run)
    assert cli("runs", "restore", run)[1] == f"{run} is back.\n" and run in store.ids()
    cli("runs", "delete", run)
    assert cli("runs", "trash", "--empty")[1] == "1 run removed for good.\n"
    assert cli("runs", "trash")[1] == ""


def test_a_run_goes_out_and_in(cli, tmp_path):
    run = learned_run(config(tasks=2)).name
    file = tmp_path / "run.zip"
    assert cli("runs", "export", run, "--out", file)[0] == 0
    cli("runs", "delete", run)
    assert cli("runs", "import", file)[1] == f"{run} is here.\n" and run in store.ids()
    status, out, err = cli("runs", "import", file)
    assert (status, out) == (2, "") and "is here already" in err and err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("rename", "mnist-class-ewc", "x"),
        ("rename", "no-such-run", "x"),
        ("star", "no-such-run"),
        ("delete", "no-such-run"),
        ("delete",),
        ("delete", "mnist-class-ewc"),
        ("restore", "no-such-run"),
        ("export", "no-such-run"),
        ("export", "mnist-task-ewc", "--out", "/no/such/folder/x.zip"),
        ("import", "/no/such/file.zip"),
        ("import", __file__),
        ("nope",),
    ],
)
def test_what_cannot_be_done_is_one_sentence_with_status_2(cli, arguments):
    status, out, err = cli("runs", *arguments)
    assert (status, out) == (2, "") and err.count("\n") == 1 and "Traceback" not in err


@pytest.mark.parametrize("file", ["pipe", "/dev/zero"])
def test_no_command_waits_for_a_pipe_or_reads_a_device(cli, tmp_path, file):
    os.mkfifo(tmp_path / "pipe")
    run, path = learned_run(config(tasks=1)).name, str(tmp_path / file)
    for words in (
        ("classify", run, path),
        ("runs", "import", path),
        ("teach", run, path, "--name", "heart"),
    ):
        status, out, err = cli(*words)
        assert status == 2 and not out and "is not a plain file" in err and err.count("\n") == 1
