"""The glossary's sentences in the app."""

import ast

import pytest

from app.shared import glossary
from tests.helpers import ROOT


def terms() -> list[str]:
    """Returns every term whose sentence the app shows.

    They are the arguments of `glossary.sentence`, and the lists that `terms.marked` is given.
    """
    trees = [ast.parse(file.read_text("utf-8")) for file in (ROOT / "app").rglob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    found: list[str] = []
    for call in calls:
        name = ast.unparse(call.func)
        if name == "terms.marked" and isinstance(call.args[1], ast.List):
            found += [term.value for term in call.args[1].elts if isinstance(term, ast.Constant)]
        elif name == "glossary.sentence" and isinstance(call.args[0], ast.Constant):
            found.append(ast.literal_eval(call.args[0]))
    return found


@pytest.mark.parametrize("term", terms())
def test_every_term_that_the_app_explains_is_in_the_glossary(term):
    assert len(glossary.sentence(term)) > 20


def test_an_unknown_term_is_an_error():
    with pytest.raises(KeyError):
        glossary.sentence("no such term")
