"""`python -m tests.pythons`: the built wheel on each other Python that it is for.

The tests are those that need no lab.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import metadata
from pathlib import Path

from release.archive import DIST, ROOT

EXAMPLES = ROOT / "kubectl_mesh" / "examples"
# What tests the build, a shell or kubectl rather than this Python.
ELSEWHERE = ("archive", "completion", "krew", "package", "repository")


def declared() -> list[str]:
    """The Python versions that setup.cfg declares, such as 3.10."""
    classifiers = metadata("kubectl-mesh").get_all("Classifier") or []
    return re.findall(r"Programming Language :: Python :: (3\.\d+)", "\n".join(classifiers))


def find(version: str) -> str | None:
    """An interpreter of a version: on the PATH, or one of pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    candidates = [
        *sorted(map(str, pyenv.glob(f"{version}.*/bin/python")), reverse=True),
        f"python{version}",
    ]
    for candidate in filter(None, map(shutil.which, candidates)):
        # pyenv's shims are on the PATH for versions too that are not there.
        if subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode == 0:
            return candidate
    return None


def test(version: str, interpreter: str) -> tuple[bool, str]:
    """Whether the wheel works and the tests pass, and what was printed if not."""
    with tempfile.TemporaryDirectory() as scratch:
        wheel = next(DIST.glob("kubectl_mesh-*.whl"))
        tool = Path(scratch) / "bin" / "kubectl-mesh"
        examples = [
            "-f",
            EXAMPLES / "workload-broken.yaml",
            "--control-plane-filename",
            EXAMPLES / "control-plane.yaml",
        ]
        ignored = [f"--ignore=tests/test_{name}.py" for name in ELSEWHERE]
        for command, folder, expected in (
            ([interpreter, "-m", "venv", scratch], ROOT, 0),
            ([f"{scratch}/bin/pip", "install", "--quiet", f"{wheel}[test]"], ROOT, 0),
            ([tool, "version"], scratch, 0),
            ([tool, "verify-gateway", *examples], scratch, 1),
            ([f"{scratch}/bin/python", "-m", "pytest", "-q", "-m", "not live", *ignored], ROOT, 0),
        ):
            done = subprocess.run(
                list(map(str, command)), cwd=folder, capture_output=True, text=True, check=False
            )
            if done.returncode != expected:
                return False, done.stdout + done.stderr
        return True, done.stdout.strip().splitlines()[-1]


if __name__ == "__main__":
    here = "{}.{}".format(*sys.version_info)
    found = {version: find(version) for version in declared() if version != here}
    missing = [version for version, interpreter in found.items() if not interpreter]
    if missing:
        print(f"pythons: not on this machine, and so not tested: {', '.join(missing)}")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        outcomes = {
            v: pool.submit(test, v, interpreter) for v, interpreter in found.items() if interpreter
        }
        failed = []
        for version, outcome in outcomes.items():
            passed, told = outcome.result()
            print(f"pythons: {version}: {told}", flush=True)
            failed += [] if passed else [version]
    sys.exit(f"pythons: failed on {', '.join(failed)}" if failed else 0)
