"""Laws of names and docstrings: a term has one meaning; docstrings begin with a verb or a noun.

`docs/glossary.md` has the terms to use instead of the words below.
"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("lifelong", "app", "benchmarks", "tests")
SOURCES = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
WORDS = {
    "told": "experiment, report, events or teacher_logits",
    "held": "batch_limit, lock or stored",
    "standing": "state",
    "beside": "extra_fields, parallel or next_to",
    "front": "backbone",
    "front_of": "frozen_backbone_of",
    "place": "folder, location, index or queue_position",
    "how": "recipe, options or plan",
    "way": "regime, path or method",
    "ways": "regimes, paths or methods",
    "asked": "requested, requests or strategies",
}
QUESTION = re.compile(r"(What|How|Where|Whether|Who|That|As)\b")


def names_of(node: ast.AST) -> list[str]:
    """Returns the names that a node defines or uses."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.arg):
        return [node.arg]
    if isinstance(node, ast.Attribute):
        return [node.attr]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar):
        return [node.name] if node.name else []
    if isinstance(node, ast.alias):
        return [node.asname or node.name]
    return [node.arg] if isinstance(node, ast.keyword) and node.arg else []


def vague_names(source: str) -> list[str]:
    """Returns 'line: name' for every name that is one of WORDS, with the terms to use."""
    found = [
        (getattr(node, "lineno", 0), name)
        for node in ast.walk(ast.parse(source))
        for name in names_of(node)
        if name.lstrip("_") in WORDS
    ]
    return [
        f"line {line}: {name}; say {WORDS[name.lstrip('_')]}" for line, name in sorted(set(found))
    ]


def vague_docstrings(source: str) -> list[str]:
    """Returns 'line: first line' for every docstring that begins with a question word."""
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    first_lines = [
        (getattr(node, "lineno", 1), (ast.get_docstring(node) or "").partition("\n")[0])
        for node in ast.walk(ast.parse(source))
        if isinstance(node, documented)
    ]
    return [f"line {line}: {text}" for line, text in first_lines if QUESTION.match(text)]


@pytest.mark.parametrize(
    "source",
    [
        "told = 1",
        "def _place(x): ...",
        "def f(*, how): ...",
        "def f(**ways): ...",
        "a.held",
        "f(asked=1)",
        "class way: ...",
        "import a as front",
        "for standing in x: ...",
        "lambda beside: 0",
    ],
)
def test_a_vague_name_is_found_with_its_line_and_replacements(source):
    (message,) = vague_names(source)
    assert re.fullmatch(r"line 1: \w+; say [\w, ]+", message)


def test_other_names_and_words_in_texts_are_no_vague_names():
    assert vague_names("replaced = 'told'  # how\nlearn(folder, placement=show)") == []


@pytest.mark.parametrize("word", ["What", "How", "Where", "Whether", "Who", "That", "As"])
@pytest.mark.parametrize("form", ['"""{}"""', 'class A:\n    """{}"""', 'def f():\n    """{}"""'])
def test_a_docstring_that_begins_with_a_question_word_is_found(word, form):
    assert len(vague_docstrings(form.format(f"{word} it is."))) == 1
    assert vague_docstrings(form.format(f"Returns {word.lower()} it is.")) == []
    assert vague_docstrings(form.format(f"{word}ever. ")) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_uses_the_terms_of_the_glossary(path):
    found = vague_names(path.read_text("utf-8"))
    assert not found, f"{path}: words with several meanings\n" + "\n".join(found)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_docstrings_of_a_module_begin_with_a_verb_or_a_noun(path):
    found = vague_docstrings(path.read_text("utf-8"))
    assert not found, f"{path}: begin with a verb or a noun instead\n" + "\n".join(found)
