"""An assembled Space, started as the Hub starts it: unprivileged, the project read-only."""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from lifelong.cli import space

USER = 1000
BASES = {"docker": "", "gradio": "/lab"}
PATIENCE = 180  # seconds until it has to answer


def command_as_user() -> list[str]:
    """Returns the beginning of a command that runs as the user 1000, empty where nobody may.

    It may read what only root can, such as an interpreter in root's home, and write nothing of
    others.
    """
    setpriv = shutil.which("setpriv")
    if os.geteuid() or setpriv is None:
        return []
    capabilities = ("--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search")
    who = ("--reuid", str(USER), "--regid", str(USER), "--clear-groups")
    command = [setpriv, *who, *capabilities, "--"]
    return command if subprocess.run([*command, "true"]).returncode == 0 else []


class RunningSpace:
    """A Space in a folder of its own, and the process that serves it.

    url: of its first page. project, data: its folders; as_user: whether another user runs it.
    python: the interpreter.
    """

    def __init__(self, sdk: str, python: str = sys.executable) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=f"space-{sdk}-"))
        self.folder.chmod(0o755)
        self.project, self.data = self.folder / "project", self.folder / "data"
        space.write(self.project, sdk)
        self.data.mkdir()
        user = command_as_user()
        self.as_user = bool(user)
        if self.as_user:
            os.chown(self.data, USER, USER)
        set_writable(self.project, False)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{port}{BASES[sdk]}"
        docker = ["-m", "streamlit", "run", "app/main.py", "--server.port", port]
        self.began = time.monotonic()
        self.log = open(self.folder / "log", "wb")  # noqa: SIM115 - as long as the process
        self.process = subprocess.Popen(
            [*user, python, *(docker if sdk == "docker" else ["app.py"])],
            cwd=self.project,
            env=self._environment(sdk, port),
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        self.seconds = self._wait()

    def _environment(self, sdk: str, port: str) -> dict[str, str]:
        """Returns the variables: for Docker those of its Dockerfile, with this folder for /data."""
        own = {"LIFELONG_DATA", "PYTHONPATH"}
        environment = {name: v for name, v in os.environ.items() if name not in own}
        environment |= {"LIFELONG_OFFLINE": "1", "LIFELONG_PROCESSES": "1"}
        data = str(self.data)
        if sdk == "docker":
            variables = dockerfile_variables(self.project / "Dockerfile")
            own_folders = {n: v.replace("/data", data) for n, v in variables.items()}
            return environment | own_folders | {"OMP_NUM_THREADS": "1"}
        for name in ("LIFELONG_RUNS", "LIFELONG_CACHE", "HOME"):
            environment.pop(name, None)
        unwritable = {"HOME": "/", "PYTHONDONTWRITEBYTECODE": "1"}
        return environment | unwritable | {"LIFELONG_SPACE_DATA": data, "PORT": port}

    def _wait(self) -> float:
        """Waits until the Space is healthy; returns the seconds that this took."""
        while time.monotonic() - self.began < PATIENCE:
            if self.process.poll() is not None:
                break
            try:
                if urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2).read() == b"ok":
                    return time.monotonic() - self.began
            except OSError:
                time.sleep(0.05)
        raise AssertionError(
            f"the Space did not start: {(self.folder / 'log').read_text()[-2000:]}"
        )

    def stop(self) -> float:
        """Ends the process by SIGTERM; returns the seconds until it was gone, 60 at most."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        return time.monotonic() - began

    def remove(self) -> None:
        """Ends the process and removes the folders."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.log.close()
        set_writable(self.project, True)
        shutil.rmtree(self.folder, ignore_errors=True)


def set_writable(folder: Path, writable: bool) -> None:
    """Makes the files and folders of a folder read-only, or writable for their owner."""
    for parent, _folders, files in os.walk(folder):
        Path(parent).chmod(0o755 if writable else 0o555)
        for name in files:
            (Path(parent) / name).chmod(0o644 if writable else 0o444)


def dockerfile_variables(file: Path) -> dict[str, str]:
    """Returns the variables that a Dockerfile sets."""
    lines = file.read_text("utf-8").replace("\\\n", " ").splitlines()
    words = [word for line in lines if line.startswith("ENV ") for word in shlex.split(line)[1:]]
    return dict(word.split("=", 1) for word in words)
