"""Plain routes of the drawing page under /lessons: a visitor teaches a copy of a run a class.

POST /prepare says that a lesson will begin soon, POST / begins it, GET /COPY says how far it is,
POST /COPY/undo goes back to the run before, POST /COPY/keep gives the copy a title, and GET
/COPY/download is a zip file of the copy. Whatever arrives from a browser is validated here.
"""

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from app.shared import status
from app.shared.data_urls import from_data_url
from app.views.draw.choices import run_choice
from app.views.draw.inputs import LARGEST_DRAWING
from app.views.draw.requests import content_of, json_object, refusing
from app.views.draw.words import taught
from lifelong import api
from lifelong.api import LifelongError

LARGEST_REQUEST = 10_000_000  # bytes; a drawing has some 10,000
TOO_LARGE = "The pictures are too large in all; give fewer of them."


def routes() -> Mount:
    """Returns the routes for a web application."""
    return Mount(
        "/lessons",
        routes=[
            Route("/", refusing(_begin), methods=["POST"]),
            Route("/prepare", refusing(_prepare), methods=["POST"]),
            Route("/{copy}", refusing(_progress), methods=["GET"]),
            Route("/{copy}/undo", refusing(_undo), methods=["POST"]),
            Route("/{copy}/keep", refusing(_keep), methods=["POST"]),
            Route("/{copy}/download", refusing(_download), methods=["GET"]),
        ],
    )


async def _begin(request: Request) -> JSONResponse:
    given = sent_lesson(await content_of(request, LARGEST_REQUEST, TOO_LARGE))
    return JSONResponse({"run": await run_in_threadpool(api.lessons.begin, *given)})


async def _prepare(request: Request) -> JSONResponse:
    run = json_object(await content_of(request, LARGEST_REQUEST, TOO_LARGE)).get("run")
    if not isinstance(run, str):
        raise LifelongError("A lesson is prepared by a JSON object with run.")
    await run_in_threadpool(api.lessons.prepare, run)
    return JSONResponse({"run": run})


async def _progress(request: Request) -> JSONResponse:
    """Returns {"done": share, "words": what is done before the first step}, at the end with the
    copy as a choice and the result in words.
    """
    copy = request.path_params["copy"]
    progress = await run_in_threadpool(api.lessons.progress, copy)
    if progress["preparing"] is not None:
        done, words = status.preparing(progress["preparing"])
        return JSONResponse({"done": done, "words": words})
    if progress["report"] is None:
        return JSONResponse({"done": progress["done"]})
    return JSONResponse(
        {"done": 1.0, **_as_choice(copy), "result": taught.result(progress["report"])}
    )


async def _undo(request: Request) -> JSONResponse:
    """Removes a copy and returns the run that it was made from, as a choice."""
    copy = request.path_params["copy"]
    api.lessons.progress(copy)
    original = api.history(copy).config.original or ""
    choice = _as_choice(original)
    await run_in_threadpool(api.lessons.remove, copy)
    return JSONResponse(choice)


async def _keep(request: Request) -> JSONResponse:
    copy = request.path_params["copy"]
    title = (await content_of(request, LARGEST_REQUEST, TOO_LARGE)).decode("utf-8", "replace")
    await run_in_threadpool(api.lessons.keep, copy, title)
    return JSONResponse(_as_choice(copy))


async def _download(request: Request) -> Response:
    copy = request.path_params["copy"]
    content = await run_in_threadpool(api.lessons.zipped, copy)
    headers = {"Content-Disposition": f'attachment; filename="{copy}.zip"'}
    return Response(content, media_type="application/zip", headers=headers)


def _as_choice(run: str) -> dict[str, Any]:
    """Returns a run as the list of runs shows it. Raises LifelongError for one that is gone."""
    api.history(run)
    choice = run_choice(api.run_row(run, api.is_shipped(run)))
    return {"run": run, "name": choice.name, "line": choice.line, "photo": choice.photo}


def sent_lesson(content: bytes) -> tuple[str, str, list[bytes], str]:
    """Returns run, name, picture files and strategy that a browser sent as JSON.

    Raises LifelongError for anything else.
    """
    given = json_object(content)
    texts = [text for key in ("run", "name", "strategy") if isinstance(text := given.get(key), str)]
    if len(texts) < 3:
        raise LifelongError("A lesson is a JSON object with run, name, strategy and images.")
    run, name, strategy = texts
    images = given.get("images")
    if not isinstance(images, list) or len(images) > api.MOST_PICTURES:
        raise LifelongError(f"The pictures of a lesson are a list of at most {api.MOST_PICTURES}.")
    files = [from_data_url(image, LARGEST_DRAWING) for image in images]
    found = [file for file in files if file]
    if len(found) < len(files):
        raise LifelongError("A picture could not be read; remove it and add it again.")
    return run, name, found, strategy
