"""Tries both Spaces from nothing: a fresh environment, an unprivileged user, no network.

    python benchmarks/space.py --out benchmarks/results/space.json [--python /usr/bin/python3]

Each Space is assembled; what its requirements name is installed into a new virtual environment;
then a process without any network but its own loopback starts it with that environment, the project
read-only, and uses it in Chromium: draw, train a quick run, reload, no request to another host.
Without network needs root and `unshare`; otherwise the trial runs with it and says so.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from lifelong.cli import space
from lifelong.formatting import size
from tests.app.helpers import CHROMIUM, FLAGS, PATIENCE
from tests.app.spaces import BASES, RunningSpace
from tests.app.test_space_browser import visit

ALONE = ["unshare", "-n", "--", "/bin/sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
RESULTS = Path(__file__).parent / "results"


def install(python: str, project: Path, environment: Path) -> float:
    """Installs what a Space requires into a new environment; returns the seconds that it took."""
    began = time.monotonic()
    subprocess.run([python, "-m", "venv", environment], check=True)
    pip = [environment / "bin" / "pip", "install", "--quiet", "--no-cache-dir"]
    torch = next(
        line
        for line in (project / "requirements.txt").read_text().splitlines()
        if line.startswith("torch==")
    ).removesuffix("+cpu")
    index = space.CPU_INDEX.split()
    required = [f"{torch}+cpu", "-r", project / "requirements.txt"]
    subprocess.run([*pip, *index, *required], check=True)
    return time.monotonic() - began


def trial(sdk: str, environment: Path) -> dict[str, object]:
    """Starts a Space and uses it; returns what was measured."""
    running = RunningSpace(sdk, str(environment / "bin" / "python"))
    expect.set_options(timeout=PATIENCE)
    try:
        with sync_playwright() as p:
            browser = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            began = time.monotonic()
            visit(sdk, running, browser)
            seconds = time.monotonic() - began
            browser.close()
        return {
            "another_user": running.as_user,
            "healthy_after_seconds": round(running.seconds, 1),
            "visit_seconds": round(seconds, 1),
        }
    finally:
        running.remove()


def sizes(project: Path, environment: Path) -> dict[str, int]:
    """Returns the bytes of a Space and of the environment that it runs in."""
    return {
        "space_bytes": sum(nbytes for _, nbytes in space.sizes(project)),
        "environment_bytes": sum(nbytes for _, nbytes in space.sizes(environment)),
    }


def measure(sdk: str, python: str) -> dict[str, object]:
    """Installs and tries one Space; returns what was measured."""
    folder = Path(tempfile.mkdtemp(prefix=f"trial-{sdk}-"))
    folder.chmod(0o755)
    try:
        project, environment = folder / "project", folder / "environment"
        space.write(project, sdk)
        seconds = install(python, project, environment)
        found = {**sizes(project, environment), "install_seconds": round(seconds, 1)}
        alone = subprocess.run([*ALONE, "true"], capture_output=True).returncode == 0
        command = [sys.executable, __file__, "--trial", sdk, str(environment)]
        tried = subprocess.run(
            [*(ALONE if alone else []), *command], stdout=subprocess.PIPE, text=True, check=True
        )
        return {**found, "without_network": alone, **json.loads(tried.stdout)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def table() -> str:
    """Returns the table of docs/deployment.md, from the results."""
    spaces = json.loads((RESULTS / "space.json").read_text())
    image = json.loads((RESULTS / "image.json").read_text())
    rows = [
        (
            sdk,
            size(found["space_bytes"]),
            size(found["environment_bytes"]),
            f"{found['install_seconds']:.0f} s",
            f"{found['healthy_after_seconds']:.1f} s",
        )
        for sdk, found in spaces.items()
    ]
    whole, install = image["steps"][-1], max(step["seconds"] for step in image["steps"])
    last = f"{image['healthy_after_seconds']:.1f} s"
    rows.append(("the image", "", size(whole["nbytes"]), f"{install:.0f} s", last))
    head = "| | folder | environment | installation | healthy after |\n|---|---|---|---|---|"
    return "\n".join([head, *(f"| {' | '.join(row)} |" for row in rows)])


def main() -> None:
    """Tries both Spaces, prints and writes what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--python", default=sys.executable, help="Of the new environments.")
    parser.add_argument("--trial", nargs=2, metavar=("SDK", "ENVIRONMENT"), help="One, as it is.")
    given = parser.parse_args()
    if given.trial:
        print(json.dumps(trial(given.trial[0], Path(given.trial[1]))))
        return
    results = {}
    for sdk in BASES:
        results[sdk] = found = measure(sdk, given.python)
        texts = [f"{n} {size(v) if n.endswith('bytes') else v}" for n, v in found.items()]
        print(f"{sdk}: {', '.join(texts)}", flush=True)
    if given.out:
        given.out.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
