"""Group of commands of which only the one that is called is imported."""

import importlib
from collections.abc import Mapping
from typing import Any

import rich_click as click


class LazyGroup(click.RichGroup):
    """Group of commands by their paths, "module.function" in this package."""

    def __init__(self, *args: Any, paths: Mapping[str, str], **options: Any) -> None:
        super().__init__(*args, **options)
        self.paths = paths

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Returns the names of all commands."""
        return list(self.paths)

    def get_command(self, ctx: click.Context, cmd_name: str) -> Any:
        """Returns a command, None for an unknown name."""
        if cmd_name not in self.paths:
            return None
        module, function = self.paths[cmd_name].split(".")
        return getattr(importlib.import_module(f".{module}", __package__), function)
