"""Laws of plug-ins of other packages: found, refused and shown."""

import json
import os
import shutil
import subprocess
import sys
from importlib import util
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lifelong import api, datasets, plugin_kinds, registry
from lifelong.errors import LifelongError
from lifelong.metrics import all_metrics
from lifelong.runs import comparison
from tests.conftest import PLUGINS
from tests.helpers import ROOT, config, python
from tests.image_helpers import is_one_sentence

KINDS = ("strategies", "models", "datasets", "metrics")


def package(folder: Path, name: str, source: str, **entries: str) -> None:
    """Installs a package of one module into a folder; entries: 'name = module:object' by kind."""
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.py").write_text(source)
    about = folder / f"{name}-1.2.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
    lines = [f"[lifelong.{kind}]\n{entry}\n" for kind, entry in entries.items()]
    (about / "entry_points.txt").write_text("\n".join(lines))


@pytest.fixture
def installed(monkeypatch, tmp_path):
    """Installs further packages for this test alone."""

    def install(name: str, source: str, **entries: str) -> None:
        package(tmp_path / "site", name, source, **entries)
        monkeypatch.syspath_prepend(tmp_path / "site")
        registry.forget()

    before = set(sys.modules)
    yield install
    monkeypatch.undo()
    for name in set(sys.modules) - before:
        if name.endswith(("_toys", "_data", "_metric")):
            del sys.modules[name]
    registry.forget()


def refused(kind: str, name: str) -> str:
    with pytest.raises(LifelongError) as error:
        registry.load(kind, name)
    assert is_one_sentence(str(error.value)), error.value
    return str(error.value)


# One of each kind


def test_every_kind_is_found_by_its_entry_point():
    assert registry.strategy("toy-squeezing").title == "Logit squeezing (toy)"
    assert registry.model("toy-linear").title == "Linear (toy)"
    assert registry.dataset("toy").classes == datasets.load("toy").classes
    assert "toy_worst_accuracy" in [metric.name for metric in all_metrics()]
    assert api.strategy_titles()["toy-squeezing"] == "Logit squeezing (toy)"


def test_the_command_line_knows_all_four(tmp_path):
    listed = [python("-m", "lifelong", what).stdout for what in ("strategies", "datasets")]
    assert "toy-squeezing  (class, task)\n" in listed[0] and "--squeeze" in listed[0]
    assert f"toy{' ' * 19} 10 classes, {PLUGINS}" in listed[1]
    learned = python(
        *("-m", "lifelong", "train", "--dataset", "toy", "--strategy", "toy-squeezing"),
        *("--model", "toy-linear", "--squeeze", "0.02", "--hidden-units", "8", "--steps", "3"),
        *("--out", str(tmp_path / "run"), "--json"),
        env=dict(os.environ),
    )
    assert learned.returncode == 0, learned.stderr
    report = json.loads(learned.stdout)
    last = report["accuracy"][-1]
    assert report["toy_worst_accuracy"] == min(last) and len(last) == 5
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert (config["settings"], config["network"]) == ({"squeeze": 0.02}, {"hidden_units": 8})


def test_the_form_offers_them_with_their_settings():
    at = AppTest.from_file(str(ROOT / "app" / "navigation.py"), default_timeout=30)
    at.switch_page("views/train/train.py").run()
    at.session_state["dataset"] = "toy"
    at.session_state["model"] = "toy-linear"
    at.session_state["strategy"] = "toy-squeezing"
    at.run()
    assert not at.exception and not at.error
    shown = "\n".join(element.value for element in [*at.markdown, *at.caption])
    assert "320 made-up patterns of 10 kinds." in shown
    assert registry.strategy("toy-squeezing").summary in shown
    assert registry.model("toy-linear").summary in shown
    assert at.session_state["setting-toy-squeezing-class-squeeze"] == 0.01
    assert at.session_state["network-toy-linear-hidden_units"] == 0


def test_listing_names_imports_no_plugin():
    names = "[registry.names(k) for k in ('strategies', 'models', 'datasets')]"
    code = (
        "import sys; from lifelong import registry; from lifelong.service import catalog; "
        f"{names}; catalog.strategy_titles(); print(*sys.modules)"
    )
    loaded = python("-c", code, env=dict(os.environ)).stdout.split()
    assert "lifelong.registry" in loaded
    assert not {"torch", "lifelong_toys", "lifelong.strategies.base"} & set(loaded)


# What is left out


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("import nothing_of_this_name", "ModuleNotFoundError"),
        ("raise RuntimeError('a\\nb')", "RuntimeError"),
        ("1 +", "SyntaxError"),
        ("", "AttributeError"),
    ],
    ids=["import", "raises", "syntax", "empty"],
)
def test_a_plugin_that_does_not_load_is_one_sentence_and_the_others_stay(
    installed, capsys, source, says
):
    installed("broken_toys", source, strategies="wrong = broken_toys:Wrong")
    known = registry.strategies()
    sentence = refused("strategies", "wrong")
    assert sentence.startswith(
        f"The strategy 'wrong' of the package broken_toys 1.2 could not be loaded ({says}: "
    )
    assert "wrong" not in known and {"ewc", "toy-squeezing"} <= known.keys()
    assert capsys.readouterr().err.splitlines() == [sentence]
    assert {info.name for info in api.strategies("class")} <= known.keys()


def test_a_broken_data_set_is_left_out_of_the_list(installed):
    installed("broken_data", "1 +", datasets="wrong = broken_data:SPEC")
    assert "wrong" not in datasets.names() and {"mnist", "toy"} <= set(datasets.names())
    assert "broken_data 1.2" in refused("datasets", "wrong")


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("strategies", "ewc"),
        ("models", "mlp"),
        ("datasets", "mnist"),
        ("strategies", "toy-squeezing"),
    ],
)
def test_a_name_that_is_taken_stays_with_its_owner(installed, capsys, kind, name):
    before = registry.load(kind, name)
    installed("shadow_toys", "Other = 1", **{kind: f"{name} = shadow_toys:Other"})
    assert registry.load(kind, name) is before and registry.names(kind).count(name) == 1
    (sentence,) = capsys.readouterr().err.splitlines()
    assert "shadow_toys 1.2" in sentence and f"'{name}'" in sentence and is_one_sentence(sentence)


def test_a_metric_does_not_take_the_name_of_one_of_the_project(installed, capsys):
    source = (
        "from lifelong.metrics import metric\n"
        "@metric(title='x', meaning='x', lower_is_better=False)\n"
        "def forgetting(accuracy): return 7.0"
    )
    installed("shadow_metric", source, metrics="forgetting = shadow_metric:forgetting")
    found = registry.load_entry_points("metrics", taken=["forgetting"])
    assert found.keys() == {"toy_worst_accuracy"}
    assert "shadow_metric 1.2" in capsys.readouterr().err


KEYS = ["seed", "accuracy", "accuracy_task_label_given", "stored", "seconds", "mean"]


@pytest.mark.parametrize("key", KEYS)
def test_a_metric_does_not_overwrite_a_key_of_the_report(installed, capsys, key):
    source = (
        "from lifelong.metrics import metric\n"
        "@metric(title='x', meaning='x', lower_is_better=False)\n"
        f"def {key}(accuracy): return 7.0"
    )
    installed("shadow_metric", source, metrics=f"{key} = shadow_metric:{key}")
    assert registry.load_entry_points("metrics", taken=[]).keys() == {"toy_worst_accuracy"}
    (sentence,) = capsys.readouterr().err.splitlines()
    assert "shadow_metric 1.2" in sentence and f"'{key}'" in sentence and is_one_sentence(sentence)


def test_no_metric_may_have_the_name_of_another_key_of_a_report():
    metrics = {metric.name for metric in all_metrics()}
    report = comparison.report(config())
    (row,) = comparison.rows([report], [config()])
    assert (report.keys() | row.keys()) - metrics == plugin_kinds.KINDS["metrics"].reserved


@pytest.mark.parametrize("kind", KINDS)
def test_a_plugin_of_another_kind_is_refused(installed, kind):
    installed("odd_toys", "class Odd: name = 'odd'", **{kind: "odd = odd_toys:Odd"})
    assert refused(kind, "odd").startswith(
        "The entry point 'odd' of the package odd_toys 1.2 is no "
    )


@pytest.mark.parametrize("name", ["../up", "a b", "x" * 61])
def test_a_name_that_cannot_name_a_run_is_refused(installed, capsys, name):
    installed("named_toys", "", strategies=f"{name} = named_toys:Odd")
    assert name not in registry.names("strategies")
    (sentence,) = capsys.readouterr().err.splitlines()
    assert "named_toys 1.2" in sentence and is_one_sentence(sentence)


# A package as pip installs it


def can_build() -> bool:
    """Returns whether a wheel can be built without a network."""
    if util.find_spec("setuptools") is None:
        return False
    import setuptools

    return tuple(map(int, setuptools.__version__.split(".")[:2])) >= (70, 1)


@pytest.mark.skipif(not can_build(), reason="setuptools here builds no wheels by itself")
def test_a_package_that_pip_installed_is_found(tmp_path):
    source = tmp_path / "source"
    shutil.copytree(PLUGINS, source, ignore=shutil.ignore_patterns("*.dist-info", "__pycache__"))
    flags = ["--no-deps", "--no-index", "--no-build-isolation", "--quiet"]
    command = [sys.executable, "-m", "pip", "install", *flags, "--target"]
    process = subprocess.run(
        [*command, str(tmp_path / "site"), str(source)], capture_output=True, text=True
    )
    assert process.returncode == 0, process.stderr
    listed = python(
        *("-m", "lifelong", "strategies"), env=os.environ | {"PYTHONPATH": str(tmp_path / "site")}
    )
    assert "toy-squeezing" in listed.stdout, listed.stderr
