"""Public endpoints under /gradio/: `/classify`, `/teach` and `/runs`.

Uploads are validated as hostile.
"""

from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.events import api as api_endpoint
from gradio.exceptions import InvalidPathError
from pydantic import ValidationError

from app.server import visitor
from lifelong import api
from lifelong.api import LifelongError

LARGEST = 5_000_000  # bytes
LARGEST_LESSON = 40_000_000  # bytes of all pictures


def refuse(message: str) -> gr.Error:
    """Returns an error of one sentence, without a traceback on the server's console."""
    return gr.Error(message, print_exception=False)


def names_address(value: Any) -> bool:
    """Returns whether a value contains the address of a file on another machine.

    >>> names_address({"path": "HTTP://example.org/a.png"}), names_address([{"path": "a.png"}])
    (True, False)
    """
    if isinstance(value, dict):
        path = value.get("path")
        return isinstance(path, str) and "://" in path or any(map(names_address, value.values()))
    return isinstance(value, list) and any(map(names_address, value))


class Page(gr.Blocks):
    """Blocks that accept only files uploaded to this server, and never download an address."""

    async def preprocess_data(
        self, block_fn: Any, inputs: list[Any], state: Any, explicit_call: bool = False
    ) -> list[Any]:
        """Refuses addresses; Blocks would download one that stands where a file is expected."""
        if names_address(inputs):
            raise refuse("An address was given in place of a file; upload the file itself.")
        try:
            return await super().preprocess_data(block_fn, inputs, state, explicit_call)
        except (InvalidPathError, ValidationError):
            raise refuse(
                "A file was expected that was uploaded to this server; upload it and call again."
            ) from None


def classify(
    image: dict[str, Any], run: str, after: int | None = None, task: int | None = None
) -> dict[str, Any]:
    """Predicts a picture of a digit after every task the run learned, or up to task `after`.

    image: a picture file of at most 5 MB. run: an id from /runs. after, task: counted from 0; with
    `task` the model is told which task the picture is from. Returns
    {"run", "answers": [{"after", "top": [{"label", "probability"}]}]}.
    """
    try:
        return api.answers_json(
            run, api.open_upload(_content(image)), _whole("after", after), _whole("task", task)
        )
    except LifelongError as error:
        raise refuse(str(error)) from None


def teach(
    images: list[dict[str, Any]],
    run: str,
    name: str,
    strategy: str = "replay",
    request: gr.Request | None = None,
) -> dict[str, Any]:
    """Teaches a new class, its next task, to a copy of a run, and reports what it forgot.

    images: 1 to 50 picture files of it, best 5 to 10, of at most 5 MB each. run: an id from /runs,
    or of a copy that was taught before. name: of the class. strategy: replay, analytic, finetune or
    ewc. Returns {"run": the copy's id, which is in no list, "original", "name", "strategy",
    "pictures", "test_pictures", "accuracy": {"new", "earlier_before", "earlier_after",
    "tasks_before", "tasks_after"}, "source", "seconds", "warning"}.
    """
    try:
        with visitor.of_request(request):
            return api.lessons.teach(run, name, _contents(images), str(strategy or "replay"))
    except LifelongError as error:
        raise refuse(str(error)) from None


def _contents(images: Any) -> list[bytes]:
    given = images if isinstance(images, list) else [images]
    if len(given) > api.MOST_PICTURES:
        raise LifelongError(f"{len(given)} pictures were given; give 1 to {api.MOST_PICTURES}.")
    found: list[bytes] = []
    for image in given:
        found.append(_content(image))
        if sum(map(len, found)) > LARGEST_LESSON:
            raise LifelongError("The pictures are larger than 40 MB in all; give smaller ones.")
    return found


def _content(image: Any) -> bytes:
    if not isinstance(image, dict) or not isinstance(image.get("path"), str):
        raise LifelongError(
            "image was not a file; give a picture file, with gradio_client as handle_file(path)."
        )
    with open(image["path"], "rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise LifelongError("The picture is larger than 5 MB; give a smaller one.")
    return content


def _whole(name: str, value: Any) -> int | None:
    if value is None or type(value) is int:
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise LifelongError(
        f"{name} was given as {str(value)[:40]!r}; expected a whole number, or nothing."
    )


def runs(request: gr.Request) -> list[dict[str, Any]]:
    """Lists all runs, one dict a run, as `python -m lifelong runs --json` does.

    On a public server those that ship, and those of the visitor whose cookie is sent.
    """
    with visitor.of_request(request):
        return [row.to_json() for row in api.run_list()]


def add_endpoints() -> None:
    """Adds them to the page that is being built; components that describe inputs are hidden."""
    image = gr.File(label="image", visible=False)
    run, after, task = (
        gr.Textbox(label="run", visible=False),
        *(gr.Number(label=name, precision=0, visible=False) for name in ("after", "task")),
    )
    answers = gr.JSON(label="answers", visible=False)
    _add_endpoint("classify", classify, [image, run, after, task], answers)
    images = gr.File(label="images", file_count="multiple", visible=False)
    name, strategy = (gr.Textbox(label=label, visible=False) for label in ("name", "strategy"))
    report = gr.JSON(label="report", visible=False)
    _add_endpoint("teach", teach, [images, run, name, strategy], report)
    api_endpoint(runs, api_name="runs", concurrency_limit=2)


def _add_endpoint(
    name: str, function: Callable[..., Any], inputs: list[Any], output: gr.JSON
) -> None:
    """Adds an endpoint whose inputs reach the function as they were sent."""
    gr.Button(visible=False).click(
        function, inputs, output, api_name=name, preprocess=False, concurrency_limit=2
    )
