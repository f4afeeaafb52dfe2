"""Sentences about a class that a visitor taught: what was learned, what held and what fell."""

from typing import Any

from lifelong.formatting import whole_percent

# Strategies to teach by, with what each costs.
STRATEGIES = {
    "replay": ("Replay", "practises 100 images of each old class beside yours"),
    "analytic": (
        "Analytic",
        "sums up 400 images of each old class and yours, computes the weights",
    ),
    "finetune": ("Fine-tuning", "practises your pictures alone, and nothing else"),
    "ewc": (
        "EWC",
        "measures which weights mattered, on 400 images of each old class, and ties them",
    ),
}
KNOWN = 0.5  # accuracy on the class from which it is said to be known
STEADY = 0.01  # a smaller change of the mean accuracy is none


def choices() -> list[dict[str, str]]:
    """Returns the strategies to choose from, as plain values."""
    return [{"name": n, "title": title, "costs": costs} for n, (title, costs) in STRATEGIES.items()]


def result(report: dict[str, Any]) -> str:
    """Returns what a lesson changed, from the report of `api.lessons`.

    >>> accuracy = {"new": 0.97, "earlier_before": 0.98, "earlier_after": 0.6}
    >>> report = {"name": "heart", "test_pictures": 2, "accuracy": accuracy, "warning": None}
    >>> result(report).partition(". ")[2].replace("\xa0", " ")
    'Old classes fell: 98 % right before, 60 % now.'
    """
    accuracy, name = report["accuracy"], report["name"]
    before, after = accuracy["earlier_before"], accuracy["earlier_after"]
    verb = "held" if abs(after - before) < STEADY else "fell" if after < before else "rose"
    old = f"Old classes {verb}: {whole_percent(before)} right before, {whole_percent(after)} now."
    if accuracy["new"] is None:
        return f"{report['warning']} {old}"
    count = report["test_pictures"]
    pictures = "1 picture" if count == 1 else f"{count} pictures"
    verb = "knows" if accuracy["new"] >= KNOWN else "hardly learned"
    share = f"{whole_percent(accuracy['new'])} of altered copies of {pictures}"
    return f"It {verb} {name}: {share} that it did not learn from. {old}"
