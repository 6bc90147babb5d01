"""The documents for people: what they name is there, and a release finds its notes in them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from kubectl_mesh import __version__
from release.changelog import section

ROOT = Path(__file__).parent.parent
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
DECISIONS = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")

DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
# https://keepachangelog.com/en/1.1.0/
KINDS_OF_CHANGE = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
VERSION = re.compile(r"## \[(\d+\.\d+\.\d+)] - (\d{4}-\d\d-\d\d|Unreleased)")
LINK = re.compile(r"\[[^]]+]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```\n", re.MULTILINE | re.DOTALL)


# --- the changelog ------------------------------------------------------------------------------


def test_a_section_is_found() -> None:
    text = (
        "# Changelog\n\n## [Unreleased]\n\n- c\n\n## [1.2.0] - 2026-01-02\n\n### Fixed\n\n- b\n\n"
    )
    text += "## [1.2.0-rc] - 2025-01-01\n\n- a\n\n[1.2.0]: https://x\n"
    assert section(text, "v1.2.0") == "### Fixed\n\n- b\n"


def test_links_at_the_end_are_no_part_of_the_last_section() -> None:
    text = "## [1.0.0] - 2026-01-02\n\n- a [b](c)\n\n[1.0.0]: https://x\n"
    assert section(text, "v1.0.0") == "- a [b](c)\n"


@pytest.mark.parametrize("tag", ["v9.9.9", "v1.0.0", "1.2.0", "v1.2", "Unreleased", ""])
def test_a_version_without_a_section_fails(tag: str) -> None:
    text = "## [Unreleased]\n\n- c\n\n## [1.2.0] - 2026-01-02\n\n- b\n\n## [1.0.0] - 2025-01-01\n"
    with pytest.raises(SystemExit) as failed:
        section(text, tag)
    message = str(failed.value)
    assert message
    assert "\n" not in message


def test_the_module_prints_the_section_of_this_version() -> None:
    command = [sys.executable, "-m", "release.changelog", f"v{__version__}"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    assert printed.stdout.decode() == section(CHANGELOG, f"v{__version__}")
    command[-1] = "v999.0.0"
    failed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert failed.returncode == 1
    assert failed.stdout == b""
    assert failed.stderr.decode().splitlines() == ["CHANGELOG.md says nothing of 999.0.0"]


def test_the_release_takes_its_notes_from_the_changelog() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yaml").read_text())
    commands = [step.get("run", "") for step in workflow["jobs"]["release"]["steps"]]
    taken = [place for place, run in enumerate(commands) if "-m release.changelog" in run]
    published = [place for place, run in enumerate(commands) if "gh release create" in run]
    assert len(taken) == len(published) == 1
    assert taken < published
    assert "notes.md" in commands[taken[0]]
    assert "--notes-file notes.md" in commands[published[0]]
    assert "--generate-notes" not in commands[published[0]]


def test_the_changelog_has_its_form() -> None:
    """Newest first; below a version kinds of change, below these entries of one line each."""
    headings = [line for line in CHANGELOG.splitlines() if line.startswith("## ")]
    assert headings[0] == "## [Unreleased]"
    versions: list[list[int]] = []
    for heading in headings[1:]:
        matched = VERSION.fullmatch(heading)
        assert matched, heading
        versions.append([int(number) for number in matched[1].split(".")])
    assert versions == sorted(versions, reverse=True)
    assert __version__ in {".".join(map(str, version)) for version in versions}

    body = CHANGELOG[CHANGELOG.index("## [Unreleased]") :]
    for line in filter(None, body.splitlines()):
        if line.startswith("### "):
            assert line.removeprefix("### ") in KINDS_OF_CHANGE
        else:
            assert line.startswith(("## [", "- ", "[")), line
    for version in [*(heading.split("[")[1].split("]")[0] for heading in headings)]:
        assert f"\n[{version}]: https://" in CHANGELOG, version


# --- what documents name ------------------------------------------------------------------------


def make_targets(document: str) -> Iterator[str]:
    """The targets of every `make …` that stands in code, within a sentence or in a block."""
    for command in re.findall(r"(?:^|`)make ([^`\n#]+)", document, re.MULTILINE):
        for word in command.split():
            if "=" not in word:
                yield word


def test_every_make_target_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    there = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = set(make_targets(CONTRIBUTING + ARCHITECTURE + DECISIONS))
    assert {"test", "unit", "same", "lab-up", "lab-down", "docs"} <= named
    assert named <= there


def anchors(path: Path) -> set[str]:
    """What `#…` may name in a Markdown file: its headings, as GitHub turns them into anchors."""
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    found: set[str] = set()
    for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        words = re.sub(r"[^\w\- ]", "", heading.lower())
        found.add(words.replace(" ", "-"))
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    text = FENCE.sub("", document.read_text(encoding="utf-8"))
    for link in LINK.findall(text):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = document.parent / name if name else document
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def test_the_table_of_rooms_is_that_of_the_folders() -> None:
    table = ARCHITECTURE.partition("## Rooms\n")[2].partition("\nBeside the rooms")[0]
    named = re.findall(r"^\| `(\w+)/` \|", table, re.MULTILINE)
    package = ROOT / "kubectl_mesh"
    folders = {path.parent.name for path in package.glob("*/__init__.py")}
    assert len(named) == len(set(named))
    assert set(named) == folders


def test_the_example_of_a_finding_is_in_the_catalog() -> None:
    """What CONTRIBUTING.md quotes of the catalog is what findings.md, made from it, says."""
    findings = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    entry = findings.partition("## GatewayHasNoService\n")[2].partition("\n## ")[0]
    quoted = re.findall(r'^ +(?:title|message|explanation|advice)="(.+)",$', CONTRIBUTING, re.M)
    assert len(quoted) == 4
    for text in quoted:
        assert text in entry, text


def test_each_decision_is_told_in_three_lines() -> None:
    decisions = re.split(r"^## ", DECISIONS, flags=re.MULTILINE)[1:]
    assert len(decisions) > 15
    for decision in decisions:
        title, *lines = decision.strip().splitlines()
        told = [line for line in lines if line]
        starts = [line.split()[1] for line in told]
        assert starts == ["**What.**", "**Why.**", "**Instead.**"], title
