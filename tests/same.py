"""`make same BASE=<commit>`: whether the reports of every scenario are what they were at a commit.

The scenarios of BASE are written out as snapshot files, which both sides can read: tests move, too.
The program of BASE and today's report on them in every form; the first difference is printed, or
their number.
"""

from __future__ import annotations

import contextlib
import difflib
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
FORMS = ("json", "yaml", "name", "patch", "junit", "prometheus")
WIDTHS = ("80", "120")  # of the table on a terminal, in columns
INDEX = "index.json"


def write(folder: Path) -> None:
    """Write the scenarios of this tree into a folder.

    Each is a snapshot file; an index says what to run on it.
    """
    from kubectl_mesh.collect import snapshot_file as saved

    index = []
    for name, clusters, command, flags in _scenarios(folder):
        (folder / f"{name}.json").write_text(json.dumps(saved.dump(clusters)))
        index.append({"name": name, "arguments": [command, "-f", f"{name}.json", *flags]})
    (folder / INDEX).write_text(json.dumps(index))


def _scenarios(folder: Path) -> Iterator[tuple[str, Any, str, tuple[str, ...]]]:
    """Name, clusters, command and flags of each.

    Reads that failed are failures of its snapshots.
    """
    from tests import harness
    from tests.harness import clusters
    from tests.scenarios import GATEWAY_SCENARIOS, MESH_WIDE, SCENARIOS
    from tests.test_snapshot import captured, of

    with tempfile.TemporaryDirectory() as scratch:
        for scenario in (*SCENARIOS, *GATEWAY_SCENARIOS):
            snapshots = captured(scenario, Path(scratch))
            names = [scenario.verify, scenario.ask]
            for snapshot, name in zip(snapshots, names, strict=False):
                snapshot.source = name
                harness.lose(snapshot, scenario, name)
            yield scenario.name, of(snapshots), scenario.command, tuple(scenario.flags)
    for several in MESH_WIDE:
        yield f"mesh-wide-{several.name}", clusters(several), several.command, tuple(several.flags)


def report(folder: Path, out: Path) -> None:
    """Run the program of this tree on the scenarios in a folder, in every form.

    What it printed is written into a file.
    """
    from tests import harness

    os.chdir(folder)
    shown: dict[str, Any] = {}
    for entry in json.loads((folder / INDEX).read_text()):
        for form in (*FORMS, *WIDTHS):
            os.environ["COLUMNS"] = form if form in WIDTHS else "100"
            asked = ["-o", "table"] if form in WIDTHS else ["-o", form]
            said = io.StringIO()
            with contextlib.redirect_stderr(said):
                code, printed = harness.run(*entry["arguments"], *asked, terminal=form in WIDTHS)
            shown[f"{entry['name']} {form}"] = {
                "code": code,
                "stdout": printed,
                "stderr": said.getvalue(),
            }
    out.write_text(json.dumps(shown))


def compare(base: str) -> int:
    """The exit code: 0 where every report of a commit is today's too."""
    with tempfile.TemporaryDirectory() as scratch:
        there, folder = Path(scratch) / "base", Path(scratch) / "scenarios"
        folder.mkdir()
        subprocess.run(
            ["git", "worktree", "add", "--quiet", "--detach", there, base], cwd=ROOT, check=True
        )
        try:
            _in(there, "write", folder)
            for tree, name in ((there, "before"), (ROOT, "after")):
                _in(tree, "report", folder, Path(scratch) / name)
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", there], cwd=ROOT, check=True)
        before, after = (
            json.loads((Path(scratch) / name).read_text()) for name in ("before", "after")
        )
    different = [key for key in before if before[key] != after.get(key)]
    for key in different[:1]:
        print(f"first difference: {key}")
        for part, said in before[key].items():
            now = after.get(key, {}).get(part)
            lines = difflib.unified_diff(
                str(said).splitlines(), str(now).splitlines(), "before", "after", lineterm=""
            )
            print("\n".join(lines))
    print(f"{len(before)} reports, {len(different)} differences")
    print("\n".join(sorted({key.split()[0] for key in different})))
    return 1 if different else 0


def _in(tree: Path, *arguments: Any) -> None:
    """Run this module as a tree has it, with that tree's program."""
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    command = [sys.executable, "-B", "-m", "tests.same", *map(str, arguments)]
    subprocess.run(command, cwd=tree, env=environment, check=True)


def main(arguments: list[str]) -> int:
    """`BASE`, or what runs in either tree: `write FOLDER`, `report FOLDER FILE`."""
    if arguments[:1] == ["write"]:
        write(Path(arguments[1]))
    elif arguments[:1] == ["report"]:
        report(Path(arguments[1]), Path(arguments[2]))
    elif len(arguments) == 1 and arguments[0]:
        return compare(arguments[0])
    else:
        sys.stderr.write("usage: make same BASE=<commit>\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
