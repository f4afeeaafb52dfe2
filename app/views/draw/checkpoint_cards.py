"""The memory strip's cards as plain values, made from a run's history and the answers to one drawing."""

from collections.abc import Sequence
from html import escape
from typing import Any

from app.views.draw.story import Verdict, listed, percent
from lifelong.api import History

VERDICTS = {
    "yes": "✓ known",
    "no": "✗ wrong",
    "lost": "✗ lost",
    "not-yet": "not learned yet",
    "blank": "",
}


def own_task(history: History, drawn: str) -> int:
    """The task that teaches a class, by its name; the first task when none does."""
    return next((task for task, names in enumerate(history.started.classes) if drawn in names), 0)


def verdicts(answers: Sequence, drawn: str) -> list[Verdict]:
    """Whether each answer names the class drawn, and how sure it is of that class."""
    return [
        Verdict(drawn in answer.classes, answer.probability_of.get(drawn, 0.0))
        for answer in answers
    ]


def cards(history: History, drawn: str, answers: Sequence = ()) -> list[dict[str, Any]]:
    """One dict a checkpoint; without answers, what each task taught."""
    own = own_task(history, drawn)
    judged = verdicts(answers, drawn)
    shown = []
    for after in range(len(history.learned)):
        card = _card(history, after, drawn)
        if answers:
            before = any(v.known for v in judged[own:after])
            known = "not-yet" if after < own else "yes" if judged[after].known else "no"
            card |= _answered(
                answers[after], known, VERDICTS["lost" if known == "no" and before else known]
            )
        shown.append(card)
    return shown


def _card(history: History, after: int, drawn: str) -> dict[str, Any]:
    names = history.started.classes[after]
    return {
        "after": after,
        "known": "blank",
        "said": "?",
        "width": 0,
        "sure": "",
        "verdict": "",
        "more": "",
        "taught": [{"name": escape(name), "drawn": name == drawn} for name in names],
        "spoken": escape(
            f"After task {after + 1}, which taught {listed(names)}: nothing drawn yet"
        ),
    }


def _answered(answer: Any, known: str, mark: str) -> dict[str, Any]:
    said, share = answer.top[0]
    more = ", ".join(f"{label} {percent(p)}" for label, p in answer.top[:3])
    return {
        "known": known,
        "said": escape(said),
        "width": round(100 * share),
        "sure": percent(share),
        "verdict": mark,
        "more": escape(f"Its likeliest answers: {more}"),
        "spoken": escape(
            f"After task {answer.after + 1} it says {said}, {percent(share)} sure: {mark.lstrip('✓✗ ')}"
        ),
    }
