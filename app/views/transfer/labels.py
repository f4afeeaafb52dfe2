"""What things are called on the Transfer page, and what a study was made of. Pure functions of its findings."""

from collections.abc import Sequence
from decimal import Decimal

from app.shared import labels
from lifelong import api
from lifelong.api import StudyResult

WAYS = {"scratch": "From scratch", "frozen": "Frozen", "finetune": "Fine-tuned"}


def way(found: StudyResult, name: str) -> str:
    """What a curve is called."""
    return WAYS.get(name) or f"With {api.strategy_titles().get(name, name)}"


def within(found: StudyResult, name: str) -> str:
    """The same within a sentence."""
    called = way(found, name)
    return called[:1].lower() + called[1:]


def classes(names: Sequence[str]) -> str:
    """Classes as one short text: '0–4', 'bird, cat, deer', '10 classes from T-shirt to Ankle boot'."""
    digits = [int(name) for name in names if name.isdigit()]
    if len(digits) == len(names) > 2 and digits == list(range(digits[0], digits[-1] + 1)):
        return f"{names[0]}–{names[-1]}"
    return (
        ", ".join(names)
        if len(names) <= 6
        else f"{len(names)} classes from {names[0]} to {names[-1]}"
    )


def title(found: StudyResult) -> str:
    """Source and target: 'MNIST: 0–4 → 5–9'."""
    run = found.config.run
    data = labels.dataset_title(run.dataset)
    if found.config.pretrained:
        return f"Pretrained {run.model} → {data}"
    if run.target is not None:
        return f"{data} → {labels.dataset_title(run.target)}"
    if not found.has_begun:
        return data
    return f"{data}: {classes(found.began.source)} → {classes(found.began.target)}"


def listed(study: str, found: StudyResult) -> str:
    """A study as people tell studies apart."""
    end = "shipped" if api.is_shipped(study) else study.rpartition("-")[2]
    protected = [within(found, found.config.protect)] if found.config.protect else []
    return " · ".join([title(found), *protected, labels.plural(found.config.seeds, "seed"), end])


def setup(study: str, found: StudyResult) -> str:
    """What a study is, in one line."""
    config, run = found.config, found.config.run
    return " · ".join(
        [
            title(found),
            labels.plural(config.seeds, "seed"),
            f"network {run.model}",
            f"recipe {run.recipe}",
            f"study {study}",
        ]
    )


def moment(found: StudyResult, axis: str, point) -> str:
    """Where a point of a curve is: '5 images a class', 'all images (5,881 a class)', 'step 20'."""
    if axis == "steps":
        return f"step {int(point.x):,}"
    if point.size is None:
        return f"all images ({round(found.began.images):,} a class)"
    return f"{labels.plural(point.size, 'image')} a class"


def source_name(found: StudyResult) -> str:
    run = found.config.run
    if found.config.pretrained:
        return "what the pretrained network knows"
    return classes(found.began.source) if run.target is None else labels.dataset_title(run.dataset)


def protector(found: StudyResult) -> str:
    return api.strategy_titles().get(found.config.protect, found.config.protect)


def facts(found: StudyResult) -> list[tuple[str, str]]:
    """Everything that was chosen and found at the start, as pairs of a name and a value."""
    config, run = found.config, found.config.run
    settings = ", ".join(
        f"{name.replace('_', ' ')} {labels.value(given)}" for name, given in run.settings.items()
    )
    protected = (
        [("Protected by", protector(found) + (f" ({settings})" if settings else ""))]
        if config.protect
        else []
    )
    recipe = (
        [] if config.pretrained else [("Recipe", f"{run.recipe}: {api.RECIPES[run.recipe].about}")]
    )  # of few images its passes say nothing
    told = [*protected, *recipe, ("Seeds", f"0 to {config.seeds - 1}" if config.seeds > 1 else "0")]
    if found.has_begun:
        began = found.began
        told += [
            ("Data", began.data),
            ("Source", ", ".join(began.source)),
            ("Target", ", ".join(began.target)),
            ("Network", f"{run.model}, {began.parameters:,} parameters, {run.precision}"),
            (
                "Few images",
                "drawn at random for each seed; the 5 contain the 1, and all ways learn from the same ones",
            ),
            ("Steps", _steps(found)),
            ("Learning rate", _learning_rate(config)),
            (
                "Points",
                "by images: all test images; by steps: up to "
                + f"{began.probe_images:,} test images{_each(config)}",
            ),
        ]
    return [*told, ("Took", labels.duration(found.seconds)), ("Version", run.version)]


def _each(config) -> str:
    return "" if config.pretrained else " each of source and target"


def _learning_rate(config) -> str:
    usual, gently = (
        f"{Decimal(str(rate)):f}"
        for rate in (config.run.training_recipe.learning_rate, api.FINE_TUNE_LEARNING_RATE)
    )
    return (
        f"{usual}; {gently} where all of the pretrained network learns on"
        if config.pretrained and config.run.learning_rate is None
        else usual
    )


def _steps(found: StudyResult) -> str:
    taken = sorted({e.steps for e in found.learned})
    many = " or ".join(map(str, taken)) or "as many as the recipe takes"
    return f"{many}, of up to {found.config.run.training_recipe.batch} images each; every way begins with a fresh optimiser"


def command(found: StudyResult) -> str:
    """The command that makes a study of the same configuration."""
    config, run = found.config, found.config.run
    named = {
        "dataset": run.dataset,
        "seeds": config.seeds,
        "protect": config.protect,
        "model": run.model,
        "recipe": run.recipe,
        "images": config.sizes,
    }
    return labels.line(
        "transfer --pretrained" if config.pretrained else "transfer", named | labels.flags(run)
    )


def csv(found: StudyResult) -> str:
    """All points of all curves as a table, shares in [0, 1]."""
    lines, most = (
        ["axis,way,images_per_class,step,target,target_sem,source,source_sem,n"],
        found.began.sizes[-1] or "all",
    )
    for axis in ("images", "steps"):
        for name in found.regimes:
            for point in found.curve(axis, name):
                images, step = (
                    (point.size or "all", "") if axis == "images" else (most, int(point.x))
                )
                numbers = [
                    "" if v is None else f"{v:.6f}"
                    for v in (*point.target, *(point.source or (None, None)))
                ]
                lines.append(",".join(map(str, [axis, name, images, step, *numbers, point.n])))
    return "\n".join(lines) + "\n"
