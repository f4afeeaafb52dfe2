"""Every command in the documents does what it says; those that take long are only understood."""

import re
import shlex
import shutil
import zipfile

import click
import pytest

from lifelong.cli.commands import cli as group
from lifelong.runs import folders, store
from tests.helpers import ROOT
from tests.image_helpers import png, ring

COMMAND = re.compile(r"^    (?:python -m )?lifelong (.+)$", re.M)
DOCUMENTS = ["README.md", *(f"docs/{file.name}" for file in (ROOT / "docs").glob("*.md"))]
COMMANDS = sorted({
    (document, command)
    for document in DOCUMENTS
    for command in COMMAND.findall((ROOT / document).read_text("utf-8"))
})  # fmt: skip
# Appended, so that a command is done in a second: the later of two values is taken.
SHORTER = {
    "train": ["--steps", "2"],
    "compare": ["--steps", "2", "--seeds", "1"],
    "sweep": ["--steps", "2", "--seeds", "1"],
    "tune": ["--steps", "2", "--trials", "2"],
    "transfer": ["--steps", "2", "--seeds", "1", "--images", "5"],
    "bench": ["--strategies", "finetune"],
}
# With one of these words a command is not run here: it takes hours, needs a network, or serves.
NOT_RUN = ("cifar", "pretrain", "pull", "app ", "--ray", ".yaml")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with the images and the run that documents speak of; MNIST is the sample."""
    monkeypatch.delenv("LIFELONG_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    for name in ("digit.png", *(f"heart-{number}.png" for number in range(5))):
        (tmp_path / name).write_bytes(png(ring()))
    with zipfile.ZipFile(tmp_path / "pets.zip", "w") as packed:
        for name in ("cat", "dog", "heart", "star"):
            for number in range(3):
                packed.writestr(f"{name}/{number}.png", png(ring()))
    return tmp_path


def words_of(command):
    """Returns the words of a command, file patterns replaced by the files as a shell does it."""
    hearts = [f"heart-{number}.png" for number in range(5)]
    return [
        word
        for given in shlex.split(command, comments=True)
        for word in (hearts if given == "heart-*.png" else [given])
    ]


def test_the_documents_have_commands():
    assert len(COMMANDS) > 15


@pytest.mark.parametrize(("document", "command"), COMMANDS)
def test_a_command_of_a_document_is_understood(document, command, folder):
    words = words_of(command)
    found, context = group, None
    while (
        words
        and isinstance(found, click.Group)
        and (inner := found.get_command(click.Context(found), words[0]))
    ):
        found, words = inner, words[1:]
        context = found.name
    if "--help" in words:
        words.remove("--help")
    # An unknown option or value, or a missing one, raises here; nothing is run.
    # Within the settings of the whole: a command keeps the option for help that it first had.
    assert found.make_context(
        context, words, allow_interspersed_args=True, **group.context_settings
    )


@pytest.mark.parametrize(
    "command",
    sorted({command for _, command in COMMANDS if not any(word in command for word in NOT_RUN)}),
)
def test_a_command_of_a_document_runs(command, folder, cli):
    pytest.importorskip("onnxscript", reason="the extras are not installed")
    words = words_of(command)
    for name in words:
        if name == "mnist-class-ewc-1a2b3c":  # a run of one's own
            shutil.copytree(store.named("mnist-class-ewc"), folders.home() / name)
    if words[0] == "datasets" and words[1:2] in (["show"], ["remove"]):
        cli("datasets", "add", "pets.zip")
    shorter = [] if "--help" in words else SHORTER.get(words[0], [])
    status, out, err = cli(*words, *shorter)
    assert status == 0, err
    assert out.strip()
    if "--out" in words:
        assert (folder / words[words.index("--out") + 1]).stat().st_size > 1000
