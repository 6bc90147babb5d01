"""`python -m release.krew VERSION`: renders plugin.yaml into krew-manifest/mesh.yaml.

plugin.yaml is krew's template.

Only the platforms whose archives stand in dist/ are in it: a checksum is always that of a file. The
template is the one that krew-release-bot takes, and this renders the two expressions that it has.
"""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path

from kubectl_mesh import __version__
from release.archive import DIST, ROOT

TEMPLATE = ROOT / "plugin.yaml"
MANIFEST = ROOT / "krew-manifest" / "mesh.yaml"
_HEADER = "# Rendered from plugin.yaml by `make krew-manifest`, never edited by hand.\n"
_PLATFORM = re.compile(r"^  - selector:\n(?: {4}.*\n)+", re.MULTILINE)
_ARCHIVE = re.compile(r'\{\{ *addURIAndSha "(?P<uri>[^"]+/(?P<name>[^"/]+))" \.TagName *\}\}')


def render(template: str, tag: str, archives: Path) -> str:
    """The manifest of a version (such as v0.1.0) for the platforms with an archive in a folder.

    Raises SystemExit where none does.
    """

    def with_checksum(platform: re.Match[str]) -> str:
        wanted = _ARCHIVE.search(platform[0])
        archive = archives / wanted["name"] if wanted else archives
        if not wanted or not archive.is_file():
            return ""
        checksum = hashlib.sha256(archive.read_bytes()).hexdigest()
        return _ARCHIVE.sub(rf"uri: \g<uri>\n    sha256: {checksum}", platform[0])

    rendered = _PLATFORM.sub(with_checksum, template[template.index("apiVersion:") :])
    if not _PLATFORM.search(rendered):
        raise SystemExit(
            f"no archive that {TEMPLATE.name} names stands in {archives}: run `make dist` first"
        )
    return _HEADER + rendered.replace("{{ .TagName }}", tag)


if __name__ == "__main__":
    if sys.argv[1:] != [f"v{__version__}"]:
        raise SystemExit(
            f"the version to render is v{__version__}, as kubectl_mesh/__init__.py has it"
        )
    MANIFEST.write_text(render(TEMPLATE.read_text(), f"v{__version__}", DIST))
    print(f"{MANIFEST.relative_to(ROOT)} is rendered")
