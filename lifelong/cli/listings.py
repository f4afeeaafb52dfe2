"""Command `strategies`: a table or JSON of what there is."""

import json
from typing import Any

import rich_click as click

from .options import json_option


@click.command()
@json_option("list")
def strategies(as_json: bool) -> None:
    """List the strategies and their settings, with the defaults of each scenario."""
    from ..service import catalog

    rows = catalog.strategy_rows()
    if as_json:
        print(json.dumps(rows))
        return
    for row in rows:
        print(f"{row['name']}  ({', '.join(row['scenarios'])})")
        print(f"    {row['summary']}\n    {row['source']}")
        for setting in row["settings"]:
            print(f"    {_setting(setting)}")


def _setting(setting: dict[str, Any]) -> str:
    defaults = ", ".join(
        f"{scenario} {value if isinstance(value, str) else f'{value:g}'}"
        for scenario, value in setting["defaults"].items()
    )
    return f"--{setting['name'].replace('_', '-')}: {setting['help']} ({defaults})"
