"""Words before there is a picture, and beside the strip: title, prompts, captions."""

from app.views.draw.facts import LOST, SURVIVES, RunFacts
from app.views.draw.words.phrases import few, lesson, listed, named, noun
from lifelong.formatting import plural

LABEL = "Tell it which lesson the image is from"
# By the kind of picture that the network on screen takes; the one that is kept is of the other.
KEPT = {
    "photo": "Your drawing is kept: it comes back with a network for drawings.",
    "digit": "Your photo is kept: it comes back with a network for photographs.",
}
OTHER_KIND = {False: "Show it a photo instead", True: "Draw a digit instead"}
SHARE = "Share"
PIN = "Pin for training"
NO_RUN = "There is no trained run yet; learn one on the Train page."


def prompt_class(run: RunFacts, announced: str | None = None) -> str:
    """Returns the class that title, pad and prompt ask for: one of the first lesson by default."""
    return announced if announced in run.names else run.classes[0][0]


def pinned(name: str) -> str:
    """Returns what the Train page does with a picture that is pinned."""
    return (
        f"Pinned as {named(name)}: a run that learns this class shows beneath its curves how sure"
        " it is of your picture after each task."
    )


def prompt(run: RunFacts, name: str) -> str:
    """Returns the words on the empty pad."""
    return f"{'Upload or drop a photo of' if run.photo else 'Draw'} {named(name)}"


def title(run: RunFacts, name: str) -> str:
    """Returns the title of the page: what to draw, and what this run will make of it."""
    begin = f"{'Show it a photo of' if run.photo else 'Draw'} {named(name)}."
    return f"{begin} {_outcome(run, name)}"


def _outcome(run: RunFacts, name: str) -> str:
    """Returns what the record says about a class's lesson."""
    at = run.lesson_of(name)
    if run.at_once:
        return "Here nothing comes after it."
    if at >= run.learned:
        return "This network has yet to learn it."
    if at == run.learned - 1:
        return "It was learned last: nothing has overwritten it yet."
    kept = run.kept(at)
    if kept < LOST:
        return "Watch it being forgotten."
    if min(run.kept(at, after) for after in range(at + 1, run.learned)) < LOST:
        return "Watch it being forgotten, and come back."
    return "Watch it survive." if kept >= SURVIVES else "See whether it survives."


def subtitle(run: RunFacts) -> str:
    """Returns the sentences under the title: the order of lessons, what a card is, and whether all
    of a deep network learned.
    """
    if run.at_once:
        return (
            f"It learned all {noun(run)} at once. Each card is another look at it during that"
            " training."
        )
    deep = f"Here the {run.whole_network} learns, from the first layer to the last."
    return " ".join([_order(run), _card(run), *([deep] if run.whole_network else [])])


def _order(run: RunFacts) -> str:
    if run.transforms:
        count = len(run.classes[0])
        return (
            f"Each lesson has the same {count} {noun(run, count)}, transformed in its own manner;"
            f" it has learned {run.learned} of {plural(len(run.classes), 'lesson')}."
        )
    if run.learned == 1:
        what = lesson(run, 0) if few(run) else f"the first {len(run.classes[0])} {noun(run)}"
        return f"It has learned {what} so far."
    if not few(run):
        return (
            f"It learned {len(run.names)} {noun(run)} in {plural(len(run.classes), 'lesson')}, one"
            " after the other."
            if run.learned == len(run.classes)
            else f"It has learned {run.learned} of {plural(len(run.classes), 'lesson')}."
        )
    more = ", and so on" if run.learned > 2 else ""
    return f"It learned {lesson(run, 0)} first, then {lesson(run, 1)}{more}."


def _card(run: RunFacts) -> str:
    if run.learned == 1:
        return "The card is the network after that lesson."
    return "Each card is the network after one more lesson."


def label_caption(run: RunFacts) -> str:
    """Returns what the task label does, under its checkbox."""
    if run.shared_outputs:
        same = "Here the task label only names the answer"
        if run.equal_outputs:
            return f"{same}: it changes no card from right to wrong."
        return f"{same}, and rules out outputs that its lesson does not use."
    if max(map(len, run.classes)) == 1:
        return "Each lesson has one class, so the task label gives the answer away."
    choose = f"only has to choose between that lesson's {noun(run)}"
    if run.task_given:
        return f"This network always gets the task label: it {choose}."
    return f"With the task label it {choose}, which is easier."


def network_input(photo: bool, width: int, height: int) -> str:
    """Returns how a picture becomes the network's input."""
    if photo:
        return (
            f"The middle of your picture, scaled to {width} × {height} pixels like every image it"
            " learned from."
        )
    return (
        "Your drawing, scaled to 20 × 20 pixels and centred in 28 × 28, like every image it learned"
        " from."
    )


def as_lesson_sees(lesson: int, transformed: str) -> str:
    """Returns how a lesson that transforms its images sees a picture.

    >>> as_lesson_sees(1, "rotated by 90°")
    'Shown as lesson 2 sees it: rotated by 90°.'
    """
    return f"Shown as lesson {lesson + 1} sees it: {transformed}."


def chart_heading(run: RunFacts) -> str:
    """Returns the heading of the curves."""
    what = "test images" if run.photo else "test digits"
    if run.taught:  # whose few test images are not among the data set's
        return "How the test images of all lessons fared"
    if run.learned < len(run.classes):
        return f"How the {what} of these lessons fared"
    return f"How all {run.test_images:,} {what} fared"


def chart_note(run: RunFacts, label: bool) -> str:
    """Returns a sentence where the frame's answers and the curves differ about the task label."""
    if run.task_given and not label:
        return "The curves are with the task label given. "
    if label and run.infers_task:
        return "Dotted: with the task label given. "
    return ""


def lessons_line(run: RunFacts) -> str:
    """Returns all lessons in one line, for the strip's name."""
    if run.at_once:
        return "Answers at each look during joint training"
    return f"Answers after each of {plural(run.learned, 'lesson')}: " + "; ".join(
        listed(names) for names in run.classes[: run.learned]
    )
