"""Commands `tune` and `export`."""

import json

import pytest

from tests.helpers import config, learned_run

FEW = ("--dataset", "toy", "--model", "toy-mlp", "--tasks", "3", "--steps", "7")


def test_tune_searches_prints_the_command_and_goes_on(cli, tmp_path):
    pytest.importorskip("optuna", reason="Optuna is not installed")
    given = ("tune", *FEW, "--strategy", "ewc", "--out", tmp_path / "search")
    status, out, _ = cli(*given, "--trials", 2)
    assert status == 0 and "Best of 2" in out and "lifelong train --strategy ewc --strength=" in out
    status, out, _ = cli(*given, "--trials", 3, "--json")
    report = json.loads(out)
    assert status == 0 and report["trials"] == 3 and set(report["best"]["settings"]) == {
        "strength", "estimator",
    }  # fmt: skip
    status, _, err = cli(*given, "--trials", 3, "--search", "per_class")
    assert status == 2 and "per_class" in err and err.count("\n") == 1


def test_export_writes_the_table_and_the_network(cli, tmp_path):
    folder = learned_run(config("replay"))
    status, out, _ = cli("export", folder, "--format", "csv", "--out", tmp_path / "a.csv")
    assert status == 0 and "accuracy matrix" in out
    assert (tmp_path / "a.csv").read_text().count("\n") == 7
    status, out, _ = cli(
        "export", folder.name, "--format", "torchscript", "--out", tmp_path / "a.pt"
    )
    assert status == 0 and (tmp_path / "a.pt").stat().st_size > 1000
    status, _, err = cli(
        "export", folder.name, "--format", "csv", "--out", tmp_path / "no" / "a.csv"
    )
    assert status == 2 and "another with --out" in err
