"""Laws of the command that starts the app: where it is served, and what is said to a class."""

import socket
import sys

import pytest

from lifelong.cli import app


@pytest.fixture
def served(monkeypatch) -> list[list[str]]:
    """The commands that would serve the app."""
    commands: list[list[str]] = []
    monkeypatch.setattr(app, "serve", commands.append)
    return commands


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_it_is_served_to_this_machine_alone_unless_it_is_shared(cli, served):
    port = free_port()
    assert cli("app", "--port", port) == (0, "", "")
    (words,) = served
    assert words[0] == sys.executable and words[-6:-2] == [
        "--server.address",
        "127.0.0.1",
        "--server.port",
        str(port),
    ]


def test_shared_it_is_served_at_the_address_that_is_printed_with_a_code_and_a_warning(
    cli, served, monkeypatch
):
    segno = pytest.importorskip("segno")
    monkeypatch.setattr(app, "lan_address", lambda: "127.0.0.1")
    port = free_port()
    status, out, _err = cli("app", "--share-lan", "--port", port)
    assert status == 0 and f"Open http://127.0.0.1:{port} on any device" in out
    assert "Anyone in this network can use it" in out
    lines = out.split("\nOpen")[0].splitlines()
    modules = segno.make(f"http://127.0.0.1:{port}", micro=False)
    assert len(lines) >= modules.symbol_size()[1] // 2
    assert served[0][served[0].index("--server.address") + 1] == "127.0.0.1"


def test_without_a_network_a_free_port_or_the_app_it_is_one_sentence(cli, served, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, out, err = cli("app", "--port", port)
    assert (status, out) == (2, "") and f"at 127.0.0.1:{port}" in err and err.count("\n") == 1
    for given in (["--address", "1.2.3.4"], ["--share-lan", "--address", "no such"]):
        status, out, err = cli("app", *given)
        assert (status, out) == (2, "") and err.count("\n") == 1
    monkeypatch.setattr(app, "ELSEWHERE", ("127.0.0.9", 9))
    status, out, err = cli("app", "--share-lan")
    assert (status, out) == (2, "") and "in no network" in err
    monkeypatch.setattr(app, "MAIN", app.MAIN.parent / "none.py")
    status, out, err = cli("app")
    assert (status, out) == (2, "") and "checkout" in err
    assert served == []
