"""Writes docs/strategies.md: every strategy with its formula, its costs, its settings and source.

python -m benchmarks.make_docs
"""

import inspect
from pathlib import Path

from lifelong import registry
from lifelong.config import SCENARIOS
from lifelong.settings import Setting
from lifelong.strategies.base import Strategy
from lifelong.strategies.parts.families import FAMILIES

FILE = Path(__file__).parent.parent / "docs" / "strategies.md"
HEAD = """# Strategies

Made by `python -m benchmarks.make_docs` from the declarations in `lifelong/strategies/`. The
equations are those that the code follows; where it differs from the paper, it is said. Which one
to take is the subject of [Which strategy?](choosing.md); their accuracies are in
[Results](results.md). What grows is given by the number of tasks learned, T, of classes so far, C,
and of stored images, N; measured it is in [Speed](benchmarks.md#growth). Every network also has an
output for each class.
"""


def document() -> str:
    """Returns the page of all strategies of this project, by family."""
    found = {
        name: strategy
        for name, strategy in registry.strategies().items()
        if strategy.__module__.startswith("lifelong.")
    }
    parts = [HEAD]
    for family, about in FAMILIES.items():
        parts.append(f"## {family.capitalize()}\n\n{about}\n")
        own = {name: each for name, each in found.items() if each.family == family}
        parts += [_section(name, own[name]) for name in sorted(own)]
    return "\n".join(parts)


def _section(name: str, strategy: type[Strategy]) -> str:
    """Returns the section of one strategy."""
    scenarios = [s.title for s in SCENARIOS.values() if s.name in strategy.scenarios]
    lines = [
        f"### {strategy.title}: `{name}`",
        strategy.summary,
        "\n".join(
            f"> {line}".rstrip() for line in inspect.cleandoc(strategy.__doc__ or "").splitlines()
        ),
        f"- **Scenarios**: {', '.join(scenarios)}",
        f"- **Stores for earlier tasks**: {strategy.stores}",
        f"- **Extra time**: {strategy.costs}",
        f"- **Grows**: {strategy.grows}",
        f"- **Source**: {strategy.source}",
    ]
    if settings := strategy.settings("class" if "class" in strategy.scenarios else "task"):
        lines.append("- **Settings**: " + "; ".join(map(_setting, settings)))
    head, rest = lines[:3], lines[3:]
    return "\n\n".join(head) + "\n\n" + "\n".join(rest) + "\n"


def _setting(setting: Setting) -> str:
    default = setting.default if isinstance(setting.default, str) else f"{setting.default:g}"
    return f"`{setting.name}` ({setting.describe()}; {default}): {setting.help.rstrip('.')}"


def main() -> None:
    """Writes the page."""
    FILE.write_text(document(), "utf-8")


if __name__ == "__main__":
    main()
