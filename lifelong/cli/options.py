"""Command-line options: those that several commands share, and a flag for every setting."""

from collections.abc import Callable, Iterable
from typing import Any

import rich_click as click

from .. import config as configs
from .. import registry
from ..errors import LifelongError
from ..recipes import RECIPES
from ..runs import store as run_store

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def parse_numbers(
    _context: click.Context, flag: click.Parameter, text: str | None
) -> tuple[int, ...] | None:
    """Returns whole numbers given with commas between them; the callback of an option."""
    try:
        return tuple(int(part) for part in text.split(",")) if text else None
    except ValueError:
        called = flag.opts[0].strip("-").replace("-", " ")
        verb = "were" if called.endswith("s") else "was"
        raise LifelongError(
            f"The {called} {verb} given as '{text}'; expected numbers with commas between them."
        ) from None


def completed(names: Callable[[], Iterable[str]]) -> Any:
    """Returns what a shell completes an argument with: those of the names that begin so."""

    def complete(_context: click.Context, _option: click.Parameter, begun: str) -> list[str]:
        return [name for name in names() if name.startswith(begun)]

    return complete


# By panel of the help: what is learned, in which tasks, and by which training.
_PANELS: dict[str, dict[str, dict[str, Any]]] = {
    "Tasks": {
        "--dataset": {
            "default": "mnist",
            "shell_complete": completed(lambda: registry.names("datasets")),
            "help": "Data set; see `datasets`.",
        },
        "--scenario": {
            "default": configs.DEFAULT_SCENARIO,
            "metavar": "|".join(configs.SCENARIOS),
            "shell_complete": completed(lambda: configs.SCENARIOS),
            "help": "What is known of an image's task, and which outputs compete.",
        },
        "--tasks": {
            "type": int,
            "help": "Number of tasks.  [default: the data set's; else 5, or as many as there are "
            "classes; transfer: 2]",
        },
        "--class-order": {
            "callback": parse_numbers,
            "help": "Classes in order of arrival, such as 3,1,4,...  "
            "[default: natural for seed 0, else drawn]",
        },
        "--task-sizes": {
            "callback": parse_numbers,
            "help": "Number of classes of each task, such as 6,4.  [default: even shares]",
        },
        "--target": {
            "help": "Transfer: a second data set, learned after the first.  "
            "[default: the other classes of the first]"
        },
        "--images-per-class": {
            "type": int,
            "help": "Transfer: training images of each class of the target.  [default: all]",
        },
    },
    "Training": {
        "--model": {
            "default": "mlp",
            "shell_complete": completed(lambda: registry.names("models")),
            "help": "Network: mlp, resnet50 or another of torchvision.",
        },
        "--recipe": {
            "default": "quick",
            "metavar": "|".join(RECIPES),
            "help": "quick takes seconds, paper is that of van de Ven et al. 2022.",
        },
        "--steps": {"type": int, "help": "Optimiser steps a task, in place of the recipe's."},
        "--learning-rate": {"type": float, "help": "Of the optimiser, in place of the recipe's."},
        "--precision": {
            "default": "auto",
            "metavar": "auto|fp32|bf16",
            "help": "Of matrix products while learning.",
        },
        "--device": {
            "default": "auto",
            "metavar": "auto|cpu|cuda",
            "help": "What learns; auto is a graphics card for a whole deep network, "
            "where there is one.",
        },
    },
}
_SHARED: dict[str, dict[str, Any]] = {
    name: {"panel": panel, **declared}
    for panel, options in _PANELS.items()
    for name, declared in options.items()
}


def shared(*names: str, help: str | None = None) -> Decorator:
    """Returns the decorator that adds options which several commands have, in this order.

    help: in place of the usual sentence.
    """

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for name in reversed(names):
            declared = _SHARED[name] | ({"help": help} if help else {})
            command = click.option(name, show_default="default" in declared, **declared)(command)
        return command

    return add


def json_option(value: str = "object") -> Decorator:
    """Returns the decorator that adds `--json`. value: what is printed, an object or a list."""
    text = f"Print one JSON {value} and nothing else."
    return click.option("--json", "as_json", is_flag=True, help=text, panel="Output")


run_options = shared(*_SHARED)
sweep_options = shared(*(name for name in _SHARED if name != "--scenario"))
strategy_names = completed(lambda: registry.names("strategies"))
run_names = completed(run_store.ids)


def ray_option() -> Decorator:
    """Returns the decorator that adds `--ray`, with or without an address."""
    return click.option(
        "--ray",
        "address",
        is_flag=False,
        flag_value="here",
        metavar="[ADDRESS]",
        panel="Machines",
        help="Learn on Ray: on this machine, or on the cluster at host:port, or auto.",
    )
