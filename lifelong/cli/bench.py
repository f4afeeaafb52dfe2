"""Command `bench`: the cost of a training step."""

import json

import rich_click as click

from .options import json_option, shared


@click.command()
@shared("--scenario")
@click.option(
    "--strategies", default="all", show_default=True, help="Names with commas between them, or all."
)
@json_option()
def bench(scenario: str, strategies: str, as_json: bool) -> None:
    """Measure the cost of a training step against that of its matrix products."""
    from ..training.benchmark import measure

    report = measure(scenario, [] if strategies == "all" else strategies.split(","))
    if as_json:
        print(json.dumps(report))
        return
    fisher = report["fisher_seconds"]
    print(f"threads {report['threads']}; exact Fisher of 12,000 images {fisher:.2f} s")
    for precision, costs in (("fp32", report), ("bf16", report["bf16"])):
        if costs is not None:
            print(f"{precision}: matrix products alone {costs['floor_ms']:.2f} ms a step")
            for name, row in costs["steps"].items():
                print(
                    f"{name:<22}{row['ms']:6.2f} ms  {row['to_floor']:5.2f} x floor"
                    f"  {row['to_finetune']:5.2f} x finetune"
                )
