"""Every command in the documents is one that the command line takes."""

import re
import shlex

import pytest
from PIL import Image

from lifelong.cli.commands import cli
from tests.helpers import ROOT

COMMAND = re.compile(r"^    (?:python -m )?lifelong (.+)$", re.M)
DOCUMENTS = ["README.md", *(f"docs/{file.name}" for file in (ROOT / "docs").glob("*.md"))]
COMMANDS = sorted({
    (document, command)
    for document in DOCUMENTS
    for command in COMMAND.findall((ROOT / document).read_text("utf-8"))
})  # fmt: skip


def test_the_documents_have_commands():
    assert len(COMMANDS) > 15


@pytest.mark.parametrize(("document", "command"), COMMANDS)
def test_a_command_of_a_document_is_understood(document, command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in re.findall(r"\S+\.png", command):
        Image.new("L", (28, 28)).save(tmp_path / name.replace("*", "1"))
    words = [word.replace("*", "1") for word in shlex.split(command)]
    found, context = cli, None
    while words and hasattr(found, "commands") and words[0] in found.commands:
        found, words = found.commands[words[0]], words[1:]
        context = found.name
    if "--help" in words:
        words.remove("--help")
    # An unknown option or value, or a missing one, raises here; nothing is run.
    assert found.make_context(context, words, allow_interspersed_args=True)
