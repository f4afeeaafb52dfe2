"""Tries the Dockerfile without Docker: its steps, one by one, in a root file system of Debian.

    sudo python benchmarks/try_image.py --out results.json [--share /opt/wheels ...]

`mmdebstrap` makes the file system from Debian's packages; the steps run in it by `chroot`, RUN as
root or as the last USER, and at the end the CMD is started by that user with only /data writable,
and the HEALTHCHECK is called until it succeeds. Debian's Python stands for that of the base image.
It needs root and a Debian mirror. `--share` mounts folders of this machine that pip installs from.
"""

import argparse
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from lifelong.cli import space
from lifelong.formatting import size

PACKAGES = "python3,python3-pip,python3-venv,ca-certificates,passwd"
SUITE = "bookworm"
# Of this machine: how pip and TLS reach the packages. Nothing of it stays in an image.
PASSED_ON = ("SSL_CERT_FILE", "PIP_CERT", "PIP_FIND_LINKS", "REQUESTS_CA_BUNDLE")
PASSED_ON += ("http_proxy", "https_proxy", "PIP_DEFAULT_TIMEOUT", "PIP_RETRIES")
FILES = ("/etc/hosts", "/etc/resolv.conf", "/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt")
PATIENCE = 180  # seconds until the image has to be healthy


@dataclass
class Image:
    """A root file system, and what the steps so far have set."""

    root: Path
    context: Path
    workdir: str = "/"
    user: str = "root"
    variables: dict[str, str] = field(default_factory=dict)

    def command(self, *words: str) -> list[str]:
        """Returns the command that runs words within the image, as its user, in its folder."""
        given = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8"}
        given |= {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        pairs = [f"{name}={value}" for name, value in (given | self.variables).items()]
        inner = f"cd {shlex.quote(self.workdir)} && exec {shlex.join(words)}"
        who = ["--userspec", self.user] if self.user != "root" else []
        return ["env", "-i", *pairs, "chroot", *who, str(self.root), "/bin/sh", "-c", inner]

    def run(self, line: str) -> None:
        """Runs a line of a shell; raises CalledProcessError where it fails."""
        subprocess.run(self.command("/bin/sh", "-c", line), check=True)

    def copy(self, source: str, target: str) -> None:
        """Copies a file or the whole context."""
        to = self.root / str(Path(self.workdir, target)).lstrip("/")
        if source == ".":
            shutil.copytree(self.context, to, dirs_exist_ok=True)
        else:
            shutil.copyfile(self.context / source, to / source if to.is_dir() else to)


def steps_of(dockerfile: Path) -> list[tuple[str, str]]:
    """Returns the instructions of a Dockerfile with their arguments."""
    text = re.sub(r"^#.*\n", "", dockerfile.read_text("utf-8"), flags=re.M)
    lines = text.replace("\\\n", " ").splitlines()
    return [(word, rest) for line in lines if line for word, _, rest in [line.partition(" ")]]


def apply(image: Image, word: str, rest: str) -> None:
    """Applies one instruction. Raises ValueError for one that is not known here."""
    match word:
        case "RUN":
            image.run(rest)
        case "ENV":
            image.variables |= dict(each.split("=", 1) for each in shlex.split(rest))
        case "WORKDIR":
            image.workdir = rest
            (image.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
        case "COPY":
            image.copy(*rest.split())
        case "USER":
            image.user = rest
        case "FROM" | "EXPOSE" | "HEALTHCHECK" | "CMD":
            pass
        case _:
            raise ValueError(f"{word} is not known here")


def base(root: Path, share: list[Path]) -> None:
    """Makes the root file system, with `python` and `pip` as in the base image."""
    command = ["mmdebstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(root)]
    subprocess.run(command, check=True)
    (root / "usr/local/bin/python").symlink_to("/usr/bin/python3")
    for mark in root.glob("usr/lib/python3*/EXTERNALLY-MANAGED"):
        mark.unlink()  # the base image's Python is nobody else's
    for name in FILES:
        if Path(name).exists():
            (root / name.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(name, root / name.lstrip("/"))
    for folder in (Path("/proc"), Path("/dev"), *share):
        (root / str(folder).lstrip("/")).mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "--bind", folder, root / str(folder).lstrip("/")], check=True)


def health(image: Image, steps: list[tuple[str, str]]) -> float:
    """Starts the image's command; returns the seconds until its health check succeeds.

    Raises AssertionError where it does not, or where the user can write outside /data.
    """
    command = json.loads(next(rest for word, rest in steps if word == "CMD"))
    check = next(rest for word, rest in steps if word == "HEALTHCHECK").partition("CMD ")[2]
    for target in (image.workdir, f"{image.workdir}/app", f"{image.workdir}/checkpoints"):
        attempt = image.command("/bin/sh", "-c", f"touch {target}/x 2>/dev/null")
        if subprocess.run(attempt).returncode == 0:
            raise AssertionError(f"{image.user} can write to {target}")
    began = time.monotonic()
    process = subprocess.Popen(image.command(*command), start_new_session=True)
    try:
        while time.monotonic() - began < PATIENCE and process.poll() is None:
            probe = subprocess.run(image.command("/bin/sh", "-c", check), stderr=subprocess.DEVNULL)
            if probe.returncode == 0:
                return time.monotonic() - began
            time.sleep(0.5)
        raise AssertionError("the image was not healthy in time")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def nbytes(root: Path, share: list[Path]) -> int:
    """Returns the bytes that a root file system takes on disk, without what is mounted in it."""
    mounted = [f"--exclude={root}{folder}" for folder in (Path("/proc"), Path("/dev"), *share)]
    command = ["du", "-sB1", *mounted, str(root)]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(found.stdout.split()[0])


def remove(folder: Path) -> None:
    """Unmounts what is mounted below a folder and removes it; leaves it where that fails."""
    for _ in range(2):
        lines = Path("/proc/self/mounts").read_text().splitlines()
        below = [line.split()[1] for line in lines if line.split()[1].startswith(f"{folder}/")]
        for target in reversed(below):
            subprocess.run(["umount", "-l", target], check=False)
    if below:
        sys.exit(f"{folder} is still mounted on; unmount {', '.join(below)} and remove it.")
    shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Runs every step, prints what it took, and writes the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--share", type=Path, action="append", default=[])
    given = parser.parse_args()
    if os.geteuid():
        sys.exit("It needs root, for chroot.")
    folder = Path(tempfile.mkdtemp(prefix="image-"))
    image = Image(folder / "root", folder / "context")
    rows: list[dict[str, object]] = []
    results: dict[str, object] = {"suite": SUITE, "steps": rows}
    try:
        space.write(image.context, "docker")
        steps = steps_of(image.context / "Dockerfile")
        base(image.root, given.share)
        for word, rest in steps:
            began = time.monotonic()
            apply(image, word, rest)
            seconds, total = round(time.monotonic() - began, 1), nbytes(image.root, given.share)
            rows.append({"step": f"{word} {rest}"[:80], "seconds": seconds, "nbytes": total})
            print(f"{seconds:7.1f} s  {size(total):>8}  {word} {rest[:70]}", flush=True)
        results["healthy_after_seconds"] = round(health(image, steps), 1)
        print(f"healthy after {results['healthy_after_seconds']} s")
        if given.out:
            given.out.write_text(json.dumps(results, indent=1) + "\n")
    finally:
        remove(folder)


if __name__ == "__main__":
    main()
