"""`python -m release.archive`: builds the standalone archive of this machine's platform into dist/.

The same sources, packages and Python give the same bytes: the order, times, owners and modes of
files are fixed, and so is the hash seed of what PyInstaller writes.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Iterator
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

ROOT = Path(__file__).parent.parent
DIST = ROOT / "dist"
PROGRAM = "kubectl-mesh"
SPEC = Path(__file__).with_name(f"{PROGRAM}.spec")
_EPOCH = 315532800  # 1980-01-01 UTC, the earliest time that a zip file can tell
_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_LICENCE = re.compile(r"(licen[cs]e|copying|notice|authors)[^/]*$", re.IGNORECASE)
_GLIBC = re.compile(rb"GLIBC_(\d+)\.(\d+)")


def archive_name(system: str, architecture: str) -> str:
    """The file name of a platform's archive, in krew's words.

    These are os (linux, darwin, windows) and arch (amd64, arm64).
    """
    return f"{PROGRAM}-{system}-{architecture}.{'zip' if system == 'windows' else 'tar.gz'}"


def this_platform() -> tuple[str, str]:
    """This machine's os and arch, in krew's words.

    Raises SystemExit on one that archives aren't made for.
    """
    machine = platform.machine().lower()
    if machine not in _ARCHITECTURES:
        raise SystemExit(f"there is no archive for {machine}")
    return platform.system().lower(), _ARCHITECTURES[machine]


def build(folder: Path) -> Path:
    """Build this platform's archive and its checksum into a folder; returns the archive's path.

    Raises SystemExit where PyInstaller fails, or a part has no licence that could go with it.
    """
    with tempfile.TemporaryDirectory() as scratch:
        program = _freeze(Path(scratch))
        for path, text in _licences(Path(scratch), program):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
        folder.mkdir(parents=True, exist_ok=True)
        archive = folder / archive_name(*this_platform())
        _pack(program, archive)
        floor = _glibc(program)
    checksum = hashlib.sha256(archive.read_bytes()).hexdigest()
    archive.with_name(f"{archive.name}.sha256").write_text(f"{checksum}  {archive.name}\n")
    print(f"{archive.name}: {archive.stat().st_size / 1e6:.1f} MB, sha256 {checksum}")
    if floor:
        print(
            f"needs glibc {floor[0]}.{floor[1]} or newer (the highest GLIBC symbol in it); "
            "musl is not supported"
        )
    return archive


def _freeze(scratch: Path) -> Path:
    """PyInstaller's folder with the program."""
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR"]
    command += ["--distpath", str(scratch), "--workpath", str(scratch / "work"), str(SPEC)]
    fixed = {"PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": str(_EPOCH)}
    done = subprocess.run(command, env={**os.environ, **fixed}, check=False)
    if done.returncode:
        raise SystemExit(f"PyInstaller answered {done.returncode}")
    return scratch / PROGRAM


def _licences(scratch: Path, program: Path) -> Iterator[tuple[Path, bytes]]:
    """The licences of everything in the program: where each goes, and its text."""
    yield program / "LICENSE", (ROOT / "LICENSE").read_bytes()
    kept = program / "licenses"
    python = Path(sysconfig.get_path("stdlib")) / "LICENSE.txt"
    if not python.exists():  # on Windows it stands beside the interpreter
        python = Path(sys.base_prefix) / "LICENSE.txt"
    yield kept / "python" / "LICENSE.txt", python.read_bytes()

    modules = {path.name.partition(".")[0] for path in (program / "_internal").iterdir()}
    owners = packages_distributions()
    packages = {owner for module in modules for owner in owners.get(module, ())} - {PROGRAM}
    for package in sorted(packages | {"pyinstaller"}):  # its bootloader is the program
        found = distribution(package)
        texts = [
            file
            for file in found.files or ()
            if ".dist-info" in str(file) and _LICENCE.search(str(file))
        ]
        if not texts:
            raise SystemExit(f"{package} {found.version} has no licence file")
        for file in texts:
            yield kept / package.lower() / Path(str(file)).name, file.read_binary()

    libraries = [
        Path(path)
        for path in json.loads((scratch / "work" / PROGRAM / "libraries.json").read_text())
    ]
    if not any("crypto" in library.name for library in libraries):
        # A Python that brings its libraries within itself, as uv's does: their licences are kept
        # here.
        for path in sorted(Path(__file__).with_name("licenses").iterdir()):
            yield kept / path.stem / path.name, path.read_bytes()
    for library in libraries:
        package, texts_of = _system_package(library)
        for path in texts_of:
            yield kept / package / path.name, path.read_bytes()


def _system_package(library: Path) -> tuple[str, list[Path]]:
    """The operating system's package of a shared library, and the files of its licence."""
    if shutil.which("dpkg"):
        package = _answer("dpkg", "-S", f"*/{library.name}").partition(":")[0]
        texts = [Path("/usr/share/doc") / package / "copyright"]
    else:
        package = _answer("rpm", "-qf", "--qf", "%{NAME}", str(library))
        texts = [Path(line) for line in _answer("rpm", "-qL", package).splitlines()]
    if not package or not texts or not all(path.is_file() for path in texts):
        raise SystemExit(
            f"{library} came from the operating system, and its licence is not to be found"
        )
    return package, texts


def _answer(*command: str) -> str:
    """What a command prints; nothing where it isn't there, or fails."""
    if not shutil.which(command[0]):
        return ""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode else done.stdout.strip()


def _pack(program: Path, archive: Path) -> None:
    """Write the archive: plain files only (krew refuses links), the program at its top."""
    files = {
        path.relative_to(program).as_posix(): path for path in program.rglob("*") if path.is_file()
    }
    entries = [
        (entry, path.read_bytes(), os.access(path, os.X_OK))
        for entry, path in sorted(files.items())
    ]
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
            for entry, content, _ in entries:
                packed.writestr(
                    zipfile.ZipInfo(entry, time.gmtime(_EPOCH)[:6]), content, zipfile.ZIP_DEFLATED
                )
        return
    with (
        archive.open("wb") as raw,
        gzip.GzipFile("", "wb", 9, raw, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as packed_tar,
    ):
        for entry, content, executable in entries:
            info = tarfile.TarInfo(entry)
            info.size, info.mtime, info.mode = len(content), _EPOCH, 0o755 if executable else 0o644
            packed_tar.addfile(info, io.BytesIO(content))


def _glibc(program: Path) -> tuple[int, int] | None:
    """The highest version of glibc whose symbols the program asks for; None outside Linux."""
    if sys.platform != "linux":
        return None
    binaries = [
        path
        for path in program.rglob("*")
        if path.is_file() and path.read_bytes()[:4] == b"\x7fELF"
    ]
    found = {match.groups() for path in binaries for match in _GLIBC.finditer(path.read_bytes())}
    return max((int(major), int(minor)) for major, minor in found)


if __name__ == "__main__":
    build(DIST)
