"""Server of the Space: the drawing page at its root, all pages under /lab, on one port.

Gradio's clients know a Space by its root; visitors are led to /lab by `base_path` in README.md.
"""

import contextlib
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent
PORT = int(os.environ.get("PORT", "7860"))
# As in the Dockerfile; a variable of the Space comes first.
SETTINGS = {
    "OMP_NUM_THREADS": "2",
    "GRADIO_ANALYTICS_ENABLED": "0",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
    "STREAMLIT_SERVER_ENABLE_XSRF_PROTECTION": "false",
    "STREAMLIT_SERVER_ENABLE_CORS": "false",
    "LIFELONG_PUBLIC": "1",
    "LIFELONG_MOST_WAITING": "40",
    "LIFELONG_MOST_SECONDS": "600",
    "LIFELONG_MOST_GB": "5",
    "LIFELONG_TOTAL_RUNS": "500",
    "LIFELONG_VISITOR_RUNS": "20",
    "LIFELONG_VISITOR_GB": "1",
    "LIFELONG_VISITOR_SECONDS": "3600",
    "LIFELONG_VISITOR_UPLOADS": "20",
    "LIFELONG_VISITOR_WAITING": "10",
    "LIFELONG_MOST_REQUESTS": "3000/minute",
    "LIFELONG_PROXIES": "1",
    "LIFELONG_LOG": "1",
    "LIFELONG_FRAME_ANCESTORS": "'self' https://huggingface.co https://*.hf.space",
}


def data_folder() -> Path:
    """Returns the folder that is written to: /data, a Space's own storage, or a temporary one."""
    data = Path("/data")
    return data if os.access(data, os.W_OK) else Path(tempfile.gettempdir()) / "lifelong"


def set_up() -> None:
    """Sets the environment, before a library reads it."""
    data = Path(os.environ.get("LIFELONG_SPACE_DATA") or data_folder())
    folders = {"LIFELONG_RUNS": data / "runs", "LIFELONG_CACHE": data / "cache"}
    folders |= {"HOME": data / "home", "GRADIO_TEMP_DIR": data / "gradio"}
    for name, value in {**SETTINGS, **folders}.items():
        os.environ.setdefault(name, str(value))
    if not os.access(os.environ["HOME"], os.W_OK):
        os.environ["HOME"] = str(folders["HOME"])
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    sys.path.insert(0, str(ROOT))


def main() -> None:
    """Serves both faces until a signal comes."""
    import uvicorn
    from starlette.responses import RedirectResponse
    from starlette.routing import Mount, Route

    from app import main as lab
    from app.views.draw.gradio_app import gradio_of, host

    site = host("/")
    lab.drawing.further.append(gradio_of(site, "/"))
    inner, outer = lab.app.lifespan(), site.router.lifespan_context

    @contextlib.asynccontextmanager
    async def lifespan(application: object) -> AsyncIterator[None]:
        async with inner(application), outer(application):
            yield

    site.router.lifespan_context = lifespan
    pages = [Route("/lab", lambda _request: RedirectResponse("/lab/")), Mount("/lab", lab.app)]
    site.router.routes[:0] = pages  # Gradio answers every address that is left
    for each in reversed(lab.around):
        site.add_middleware(each.cls, **each.kwargs)
    uvicorn.run(site, host="0.0.0.0", port=PORT, log_level="warning")


if __name__ == "__main__":
    set_up()
    main()
