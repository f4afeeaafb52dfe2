"""Lists the licences of what is installed for the app, and the known holes in it.

    pip install pip-audit pip-licenses
    python -m benchmarks.dependencies

Ends with status 1 if pip-audit finds a hole; it asks PyPI, and says so where it cannot.
"""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

REQUIREMENTS = Path(__file__).parent.parent / "requirements.txt"


def licences() -> dict[str, list[str]]:
    """Returns the packages by licence, the most frequent one first."""
    command = [sys.executable, "-m", "piplicenses", "--format=json", "--from=mixed"]
    found = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    counts = Counter(package["License"] for package in found)
    return {
        licence: sorted(each["Name"] for each in found if each["License"] == licence)
        for licence, _count in counts.most_common()
    }


def main() -> int:
    """Prints both lists; returns 1 where there is a known hole."""
    for licence, packages in licences().items():
        print(f"{licence} ({len(packages)}): {', '.join(packages)}")
    audit = subprocess.run([sys.executable, "-m", "pip_audit", "-r", str(REQUIREMENTS)])
    return audit.returncode


if __name__ == "__main__":
    sys.exit(main())
