"""Words of the Learn page, from facts. At most three sentences lead each step."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from app.views.learn.digits import Read
from lifelong.api import History, Storage
from lifelong.api import challenges as rules
from lifelong.formatting import points, size, whole_percent

STEPS = 5
GUESSING = 0.1  # points above chance that count as guessing


@dataclass(frozen=True)
class Step:
    """Title and text of a step, and the terms in it that are explained on a tap."""

    title: str
    text: str
    terms: tuple[str, ...]


LEAD = (
    Step(
        "1. A lesson",
        "A neural network learns from examples. One lesson here is thousands of handwritten "
        "pictures of two digits, each with its name. Choose a lesson and see what the network "
        "answers just after it.",
        (),
    ),
    Step(
        "2. Forgetting",
        "The network takes five lessons one after another and is never shown an earlier one again. "
        "That is plain fine-tuning. Move the slider and watch what becomes of the digits it knew.",
        ("fine-tuning",),
    ),
    Step(
        "3. A hint helps",
        "All five lessons are over. Without a hint the network chooses among all ten digits. With "
        "the task label it is told which lesson the picture is from, and chooses between two.",
        ("task label",),
    ),
    Step(
        "4. Three rescues",
        "Without the hint, something has to keep the old lessons alive. Replay keeps some old "
        "images in a replay buffer, EWC holds on to weights of high importance, and the analytic "
        "method adds up class statistics. Choose one and compare it on the same image.",
        ("replay buffer", "importance", "class statistics"),
    ),
    Step(
        "5. Your turn",
        f"A network knows 0, 1, 2 and 3 and is about to learn 4 and 5. It may keep "
        f"{rules.BUDGET} of these {rules.FIRST_CLASSES * rules.EACH} images and practise them "
        "along with the new ones. Which ones will keep its memory alive best?",
        (),
    ),
)


HINT_TABLE = (
    "Test images of each lesson named correctly after all five. The network is the same in both "
    "columns; only the question differs. Guessing among two is right half of the time."
)


def pair(names: Sequence[str]) -> str:
    """Returns the classes of a lesson.

    >>> pair(["0", "1"]), pair(["9"])
    ('0 and 1', '9')
    """
    return " and ".join(names)


def lessons(history: History) -> list[str]:
    """Returns what each lesson of a run is about."""
    return [pair(names) for names in history.started.classes]


def lesson(history: History, task: int) -> str:
    """Returns how well a lesson went, on test images."""
    right = whole_percent(history.learned[task].accuracy[task])
    return (
        f"Just after this lesson it named **{right}** of the test images of "
        f"{lessons(history)[task]} correctly; it had not learned from any of them."
    )


def forgetting(history: History, reads: Sequence[Read], after: int) -> str:
    """Returns what is left after a lesson: of the digits on screen, and of all test images."""
    names = lessons(history)
    learned = [read for read in reads if read.state in ("right", "wrong")]
    right = sum(read.state == "right" for read in learned)
    first = whole_percent(history.learned[after].accuracy[0])
    text = (
        f"After the lesson on {names[after]}, it is right about **{right} of the {len(learned)}** "
        f"digits here that it has been taught, and about **{first}** of all test images of "
        f"{names[0]}."
    )
    if after == 0:
        return text + " The other digits are still to come."
    newest = set(history.started.classes[after])
    swallowed = [read for read in learned if read.state == "wrong" and read.answer in newest]
    if swallowed:
        text += f" {_count(len(swallowed))} now called by a name of the newest lesson."
    return text


def _count(number: int) -> str:
    return "One is" if number == 1 else f"{number} are"


def hint(history: History, given_task: bool) -> str:
    """Returns what a network still knows of earlier lessons with the task label, or without it."""
    names, last = lessons(history), history.learned[-1]
    if not given_task:
        return (
            f"No hint: it names **{whole_percent(fmean(last.accuracy))}** of the test images "
            f"correctly, averaged over the lessons; of the first lesson's, {names[0]}, "
            f"{whole_percent(last.accuracy[0])}."
        )
    known: list[int] = []
    guessed: list[int] = []
    for task, share in enumerate(last.accuracy_given_task[:-1]):
        chance = 1 / len(history.started.classes[task])
        (guessed if share < chance + GUESSING else known).append(task)
    text = [
        "Told which lesson each image is from, it names "
        f"**{whole_percent(fmean(last.accuracy_given_task))}** correctly, averaged over "
        "the lessons."
    ]
    if known:
        shares = [f"{names[t]} ({whole_percent(last.accuracy_given_task[t])})" for t in known]
        text.append(
            f"Of {_listed(shares)} more is still there than its answers without the hint show."
        )
    if guessed:
        shares = [f"{names[t]} ({whole_percent(last.accuracy_given_task[t])})" for t in guessed]
        text.append(f"Of {_listed(shares)} hardly more than guessing is left.")
    return " ".join(text)


def _listed(items: Sequence[str]) -> str:
    *first, last = items
    return f"{', '.join(first)} and {last}" if first else last


def cost(storage: Storage | None) -> str:
    """Returns what a rescue stores for earlier lessons.

    >>> cost(Storage({"images": 800_000}, 1000, 60_000)), cost(Storage({}, 0, 60_000))
    ('1,000 of 60,000 images, 800 kB', 'no image, 0 bytes')
    """
    if storage is None:
        return "not measured"
    images = f"{storage.images:,} of {storage.of:,} images" if storage.images else "no image"
    return f"{images}, {size(sum(storage.kinds.values()))}"


def rescue(title: str, history: History, plain: History, storage: Storage | None) -> str:
    """Returns what a rescue costs and what it is worth, beside the run without one."""
    right, before = (fmean(each.learned[-1].accuracy) for each in (history, plain))
    text = (
        f"**{title}** stores {cost(storage)}. In the end it names **{whole_percent(right)}** of "
        "the test images correctly, averaged over the lessons; no rescue "
        f"{whole_percent(before)}."
    )
    given_task = fmean(history.learned[-1].accuracy_given_task)
    if given_task - right > 0.3:
        text += (
            f" With the hint of step 3 it would be {whole_percent(given_task)}: it protects what "
            "it learned, but not the choice among all ten."
        )
    return text


def noise(rivals: rules.Rivals) -> float:
    """Returns a difference between two scores that the seeds of training alone may make."""
    return 2 * rivals.spread * (2 / len(rules.SEEDS)) ** 0.5


def verdict(score: rules.Score, rivals: rules.Rivals) -> str:
    """Returns how a choice compares with random choices and with herding."""
    average, beaten = fmean(rivals.random), sum(score.old > each for each in rivals.random)
    of = len(rivals.random)
    against_random = _against(score.old - average, noise(rivals), "random choice")
    against_herding = _against(score.old - rivals.herding, noise(rivals), "herding")
    return (
        f"It still names **{whole_percent(score.old)}** of the old digits correctly. That is "
        f"{against_random} (better than {beaten} of {of} random choices), and {against_herding}."
    )


def _against(difference: float, margin: float, rival: str) -> str:
    if abs(difference) <= margin:
        return f"about as good as {rival}"
    return f"{points(difference)} {'better' if difference > 0 else 'worse'} than {rival}"


def by_digit(score: rules.Score) -> str:
    """Returns which old digit was remembered best and which worst."""
    order = sorted(range(len(score.per_class)), key=lambda c: score.per_class[c])
    worst, best = order[0], order[-1]
    if score.per_class[worst] == score.per_class[best]:
        return ""
    return (
        f"It remembers {best} best ({whole_percent(score.per_class[best])}) and {worst} worst "
        f"({whole_percent(score.per_class[worst])})."
    )


def method(rivals: rules.Rivals) -> str:
    """Returns how the scores were measured."""
    return (
        f"Each score is the mean of {len(rules.SEEDS)} trainings, tested on 400 images of 0 to 3 "
        f"from the embedded sample. Random choice ({len(rivals.random)} of them), herding and "
        "keeping nothing were measured beforehand with the same training."
    )


def shared(score: rules.Score, rivals: rules.Rivals) -> str:
    """Returns the sentence on the card."""
    return (
        f"With the {rules.BUDGET} images I chose, a network still knew {whole_percent(score.old)} "
        f"of its old digits. Random choice: {whole_percent(fmean(rivals.random))}. "
        f"Herding: {whole_percent(rivals.herding)}. Nothing kept: {whole_percent(rivals.none)}."
    )
