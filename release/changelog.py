"""`python -m release.changelog v0.1.0`: prints what CHANGELOG.md says of a version.

The release workflow takes it as the notes of the release. It needs the standard library only.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

CHANGELOG = Path(__file__).parent.parent / "CHANGELOG.md"
_TAG = re.compile(r"v(\d+\.\d+\.\d+)")
_LINK = re.compile(
    r"\[[^]]+]: "
)  # where a heading's link leads; these stand at the end of the file


def section(changelog: str, tag: str) -> str:
    """What a changelog says of the version of a tag, such as v0.1.0, below its heading.

    Raises SystemExit with one line where the tag is none, or the changelog has nothing for it.
    """
    tagged = _TAG.fullmatch(tag)
    if not tagged:
        raise SystemExit(f"{tag!r} is no version such as v0.1.0")
    kept: list[str] = []
    inside = False
    for line in changelog.splitlines():
        if line.startswith("## "):
            inside = line.startswith(f"## [{tagged[1]}]")
        elif inside and not _LINK.match(line):
            kept.append(line)
    entries = "\n".join(kept).strip()
    if not entries:
        raise SystemExit(f"{CHANGELOG.name} says nothing of {tagged[1]}")
    return f"{entries}\n"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m release.changelog v<version>")
    sys.stdout.write(section(CHANGELOG.read_text(encoding="utf-8"), sys.argv[1]))
