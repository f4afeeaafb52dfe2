"""Fixture of the command line's tests."""

import sys

import pytest

from lifelong.cli import commands as command


@pytest.fixture
def cli(monkeypatch, capsys):
    """Runs a command in this process; returns its status, standard output and standard error."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["lifelong", *map(str, arguments)])
        capsys.readouterr()
        status = command.main()
        return status, *capsys.readouterr()

    return call
