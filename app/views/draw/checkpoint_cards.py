"""Checkpoint cards of the strip: plain values made of a run's history and its predictions."""

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


def own_task(history: History, true_class: str) -> int:
    """Returns the task that teaches a class, by its name; the first task when none does."""
    return next(
        (task for task, names in enumerate(history.started.classes) if true_class in names), 0
    )


def verdicts(answers: Sequence, true_class: str) -> list[Verdict]:
    """Returns, for each checkpoint, whether it predicts the true class and how probable that is."""
    return [
        Verdict(true_class in answer.classes, answer.probability_of.get(true_class, 0.0))
        for answer in answers
    ]


def cards(history: History, true_class: str, answers: Sequence = ()) -> list[dict[str, Any]]:
    """Returns one dict a checkpoint; without answers, with the classes of its task only.

    All text in it is HTML-escaped.
    """
    own = own_task(history, true_class)
    judged = verdicts(answers, true_class)
    strip = []
    for after in range(len(history.learned)):
        card = _card(history, after, true_class)
        if answers:
            before = any(v.known for v in judged[own:after])
            known = "not-yet" if after < own else "yes" if judged[after].known else "no"
            verdict = VERDICTS["lost" if known == "no" and before else known]
            card |= _predicted(answers[after], known, verdict)
        strip.append(card)
    return strip


def _card(history: History, after: int, true_class: str) -> dict[str, Any]:
    names = history.started.classes[after]
    description = f"After task {after + 1}, which taught {listed(names)}: nothing drawn yet"
    return {
        "after": after,
        "known": "blank",
        "prediction": "?",
        "width": 0,
        "confidence": "",
        "verdict": "",
        "tooltip": "",
        "classes": [{"name": escape(name), "is_true_class": name == true_class} for name in names],
        "description": escape(description),
    }


def _predicted(answer: Any, known: str, verdict: str) -> dict[str, Any]:
    label, share = answer.top[0]
    likeliest = ", ".join(f"{name} {percent(p)}" for name, p in answer.top[:3])
    spoken = f"it says {label}, {percent(share)} sure: {verdict.lstrip('✓✗ ')}"
    return {
        "known": known,
        "prediction": escape(label),
        "width": round(100 * share),
        "confidence": percent(share),
        "verdict": verdict,
        "tooltip": escape(f"Its likeliest answers: {likeliest}"),
        "description": escape(f"After task {answer.after + 1} {spoken}"),
    }
