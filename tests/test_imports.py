"""Laws of imports: a page imports no torch, so that it opens in milliseconds."""

import pytest

from tests.helpers import config, learned_run, python


@pytest.mark.parametrize(
    "module",
    [
        "api",
        "config",
        "events",
        "metrics",
        "registry",
        "runs.history",
        "runs.journal",
        "runs.store",
        "service.worker_client",
    ],
)
def test_the_imports_of_a_page_do_not_import_torch(module):
    process = python(
        "-c",
        f"import sys, lifelong.{module}; slow = {{'torch', 'torchvision', 'streamlit', 'gradio'}}; "
        "print(sorted(slow & sys.modules.keys()))",
    )
    assert process.stdout.strip() == "[]", process.stderr


def test_no_command_imports_torch_before_it_works():
    process = python(
        "-c",
        "import sys; from lifelong.cli.commands import COMMANDS, cli; "
        "[cli.get_command(None, name) for name in COMMANDS]; "
        "print(sorted({'torch', 'streamlit', 'gradio', 'ray'} & sys.modules.keys()))",
    )
    assert process.stdout.strip() == "[]", process.stderr


def test_the_list_of_runs_imports_little():
    process = python(
        "-c",
        "import sys; from lifelong.cli.commands import main; sys.argv[1:] = ['runs']; main(); "
        "print(sorted({'numpy', 'PIL', 'lifelong.cli.train'} & sys.modules.keys()))",
    )
    assert process.stdout.strip().endswith("[]"), process.stderr


def test_looking_at_runs_does_not_import_torch():
    folder = learned_run(config(tasks=2))
    process = python(
        "-c",
        f"import sys; from lifelong import api; api.run_list(); run = '{folder.name}'; "
        "api.history(run).measures(); api.state(run); api.reference_run(run); "
        "print('torch' in sys.modules)",
    )
    assert process.stdout.strip() == "False", process.stderr


def test_the_server_answers_before_gradio_and_torch_are_imported():
    process = python(
        "-c",
        "import sys, app.main; print(sorted({'torch', 'gradio', 'altair'} & sys.modules.keys()))",
    )
    assert process.stdout.strip() == "[]", process.stderr
