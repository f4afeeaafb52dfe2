"""Lists the files that ship with the project, with their checksums, for the package.

    python -m benchmarks.list_shipped

Writes lifelong/storage/shipped_files.txt: SHA-256, bytes and path of every file under checkpoints/
that git knows, but its README. Run it after a shipped file has changed; a test compares the list
with the files.
"""

import hashlib
import subprocess

from lifelong.storage.shipped import CHECKOUT, LIST


def lines() -> list[str]:
    """Returns a line for each file, by path."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "."], cwd=CHECKOUT, check=True, capture_output=True, text=True
    )
    found = []
    for path in sorted(set(listed.stdout.split("\0")) - {"", "README.md"}):
        content = (CHECKOUT / path).read_bytes()
        found.append(f"{hashlib.sha256(content).hexdigest()}  {len(content)}  {path}")
    return found


if __name__ == "__main__":
    LIST.write_text("".join(f"{line}\n" for line in lines()), "utf-8")
