"""Laws of assembled Spaces: small, complete, the same limits in both, nothing of this machine."""

import ast
import re
from fnmatch import fnmatch

import pytest
import yaml

from lifelong.cli import space
from lifelong.errors import LifelongError
from lifelong.storage import shipped
from tests.app.spaces import dockerfile_variables
from tests.helpers import ROOT

HUB_LIMIT = 250_000_000  # bytes, without torch


@pytest.fixture(scope="module", params=["docker", "gradio"])
def assembled(request, tmp_path_factory):
    """The folder of an assembled Space and its kind."""
    folder = tmp_path_factory.mktemp("space") / request.param
    space.write(folder, request.param)
    return folder, request.param


def test_a_space_is_small_and_what_is_not_text_goes_by_lfs(assembled):
    folder, _sdk = assembled
    files = dict(space.sizes(folder))
    assert sum(files.values()) < HUB_LIMIT
    rules = [line.split()[0] for line in (folder / ".gitattributes").read_text().splitlines()]
    for path in files:
        is_text = b"\0" not in (folder / path).read_bytes()[:100_000]
        assert is_text or any(fnmatch(path.name, rule) for rule in rules), path


def test_a_space_has_the_app_and_all_that_ships_and_nothing_else(assembled):
    folder, sdk = assembled
    paths = {path.as_posix() for path in dict(space.sizes(folder))}
    assert {f"checkpoints/{file.path}" for file in shipped.files()} <= paths
    assert {"app/main.py", "app/.streamlit/config.toml", "docs/glossary.md"} <= paths
    assert ("Dockerfile" in paths, "app.py" in paths) == (sdk == "docker", sdk == "gradio")
    assert not [path for path in paths if re.search(r"__pycache__|\.pyi$|^tests|^benchmarks", path)]


def test_its_front_matter_is_what_the_hub_reads(assembled):
    folder, sdk = assembled
    text = (folder / "README.md").read_text("utf-8")
    card = yaml.safe_load(text.removeprefix("---\n").partition("\n---\n")[0])
    assert card["sdk"] == sdk and card["license"] == "mit"
    assert len(card["short_description"]) <= 60
    if sdk == "docker":
        exposed = re.search(r"EXPOSE (\d+)", (folder / "Dockerfile").read_text())
        assert str(card["app_port"]) == exposed[1]
    else:
        lowest = re.search(r"gradio>=([\d.]+)", (ROOT / "requirements.txt").read_text())
        assert card["sdk_version"].startswith(lowest[1]) and card["app_file"] == "app.py"
        lines = (folder / "requirements.txt").read_text().splitlines()
        (torch,) = [line for line in lines if line.startswith("torch==")]
        assert torch.endswith("+cpu") and "whl/cpu" in lines[0]


def test_both_kinds_have_the_same_limits_and_no_telemetry():
    tree = ast.parse((ROOT / "spaces" / "gradio" / "app.py").read_text())
    (settings,) = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and node.targets[0].id == "SETTINGS"
    ]
    variables = dockerfile_variables(ROOT / "Dockerfile")
    assert settings.items() <= variables.items()
    rest = variables.keys() - settings.keys()
    rest -= {"STREAMLIT_LOGGER_HIDE_WELCOME_MESSAGE"}  # there is none where Gradio serves
    assert all(variables[n].startswith("/data") or n.startswith("PYTHON") for n in rest)
    assert settings["STREAMLIT_BROWSER_GATHER_USAGE_STATS"] == "false"
    assert settings["GRADIO_ANALYTICS_ENABLED"] == "0"


def test_the_image_has_the_build_of_torch_for_cpus_that_is_required():
    (required,) = re.findall(r"^torch==.+$", (ROOT / "requirements.txt").read_text(), re.M)
    assert f" {required}+cpu " in (ROOT / "Dockerfile").read_text()


def test_a_folder_that_is_not_empty_and_a_package_alone_are_refused(tmp_path, monkeypatch, cli):
    (tmp_path / "x").touch()
    status, out, err = cli("space", "--sdk", "docker", tmp_path)
    assert (status, out) == (2, "") and "is not empty" in err
    monkeypatch.setattr(space, "ROOT", tmp_path)
    with pytest.raises(LifelongError, match="from a checkout"):
        space.write(tmp_path / "new", "docker")
    assert not (tmp_path / "new").exists()
