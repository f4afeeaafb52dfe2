"""Command `app`: the pages, on this machine or for everyone in its network."""

import importlib.util
import io
import os
import socket
import sys
from pathlib import Path

import rich_click as click

from ..errors import LifelongError

MAIN = Path(__file__).parents[2] / "app" / "main.py"
LOCAL = "127.0.0.1"
ELSEWHERE = ("192.0.2.1", 9)  # an address of documentation (RFC 5737), to which nothing is sent


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default=True)
@click.option(
    "--share-lan", is_flag=True, help="Let everyone in this network use it; shows a QR code."
)
@click.option(
    "--address", help="With --share-lan, the address of this machine.  [default: found out]"
)
def app(port: int, share_lan: bool, address: str | None) -> None:
    """Start the app: all pages on one port, until Ctrl+C.

    It works in a checkout only: the package has no app.
    """
    if not MAIN.is_file():
        raise LifelongError(
            "The app is part of a checkout of the project; this is the package alone. Clone the"
            " project and call it there."
        )
    if importlib.util.find_spec("streamlit") is None:
        raise LifelongError(
            "Streamlit, which serves the app, is not installed; run: pip install -r"
            " requirements.txt."
        )
    if address and not share_lan:
        raise LifelongError("--address was given without --share-lan; add it, or leave both out.")
    host = address or lan_address() if share_lan else LOCAL
    _check_free(host, port)
    if share_lan:
        print(invitation(f"http://{host}:{port}"), flush=True)
    serve(command(host, port))


def command(host: str, port: int) -> list[str]:
    """Returns the command that serves the app at an address of this machine."""
    options = {"address": host, "port": str(port), "headless": "true"}
    flags = [word for name, value in options.items() for word in (f"--server.{name}", value)]
    return [sys.executable, "-m", "streamlit", "run", str(MAIN), *flags]


def serve(command: list[str]) -> None:
    """Becomes the server, which gets the signals itself."""
    os.execv(command[0], command)


def lan_address() -> str:
    """Returns the address of this machine in its network. Raises LifelongError without one."""
    try:
        # That of a datagram to elsewhere; connecting sends none.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(ELSEWHERE)
            found: str = probe.getsockname()[0]
    except OSError:
        found = LOCAL
    if found.startswith("127.") or found == "0.0.0.0":
        raise LifelongError(
            "This machine is in no network; connect it to one, or give its address with --address."
        )
    return found


def _check_free(host: str, port: int) -> None:
    """Raises LifelongError where nothing can be served at an address."""
    try:
        with socket.create_server((host, port)):
            pass
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no address"
        raise LifelongError(
            f"Nothing can be served at {host}:{port} ({reason}); give another --port or --address."
        ) from None


def invitation(url: str) -> str:
    """Returns what is printed for those who are to open the app: its address, as a QR code, too."""
    warning = (
        "Anyone in this network can use it, without a password: draw, train, and rename or delete"
        " runs. Ctrl+C ends it."
    )
    return f"{_qr_code(url)}\nOpen {url} on any device in this network.\n{warning}"


def _qr_code(text: str) -> str:
    if importlib.util.find_spec("segno") is None:
        return "(For a QR code: pip install segno.)"
    import segno

    out = io.StringIO()
    segno.make(text, micro=False).terminal(out, compact=True)
    return out.getvalue()
