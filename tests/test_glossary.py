"""Laws of the glossary: one entry for each term, with the sentences of the code."""

import re
from pathlib import Path

import pytest

from lifelong.config import SCENARIOS
from lifelong.metrics import all_metrics
from lifelong.strategies.parts.families import FAMILIES

LINES = (Path(__file__).parent.parent / "docs" / "glossary.md").read_text("utf-8").splitlines()
ENTRIES = [re.fullmatch(r"- \*\*(.+?)\*\*: (.+)", line) for line in LINES if line[:1] == "-"]
DECLARED = {
    **{scenario.title: scenario.about for scenario in SCENARIOS.values()},
    **{name.capitalize(): about for name, about in FAMILIES.items()},
    **{
        metric.title: metric.meaning
        for metric in all_metrics()
        if metric.compute.__module__.startswith("lifelong.measures.")
    },
}


def test_an_entry_is_a_term_and_a_sentence():
    assert ENTRIES and all(entry and entry[2].endswith((".", "?")) for entry in ENTRIES)


def test_no_term_has_two_entries():
    terms = [entry[1].lower() for entry in ENTRIES]
    assert sorted(set(terms)) == sorted(terms)


@pytest.mark.parametrize(("term", "sentence"), DECLARED.items(), ids=DECLARED)
def test_the_glossary_says_what_the_code_declares(term, sentence):
    assert {entry[1]: entry[2] for entry in ENTRIES}.get(term) == sentence
