"""Files of the repository that are made from code: `python -m tests.generated` writes them, a test compares them."""

from __future__ import annotations

from pathlib import Path

import yaml

from kubectl_mesh.findings import english
from tests.lab.gateways import Gateway, refused
from tests.lab.scenes import HOSTED_POD, Scene, as_list

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "kubectl_mesh" / "examples"
# The troubleshooting page's mesh: the workload cluster has the hosted istiod's Pod IP, and its gateway is not ready;
# and the same mesh repaired.
_PAGE = Scene(
    mesh="fupan-mesh",
    remote=(HOSTED_POD,),
    configured=HOSTED_POD,
    gateways=(Gateway(pods=(refused(),)),),
    version="1.16.1-mspider",
)
_REPAIRED = Scene(mesh="fupan-mesh", gateways=(Gateway(),), version="1.16.1-mspider")


def findings() -> str:
    """docs/findings.md: every code with what it means and what to do."""
    lines = [
        "# Findings",
        "",
        "Every code that a report may hold, made from the catalog (`make docs`). Codes are stable: scripts and",
        "`--ignore` may rest on them. Words in braces are filled in with the real names and addresses.",
        "",
    ]
    for code, entry in english.CODES.items():
        lines += [
            f"## {code}",
            "",
            f"**{entry.title}** ({', '.join(entry.levels)})",
            "",
            entry.message,
            "",
        ]
        if entry.explanation:
            lines += [entry.explanation, ""]
        if entry.advice and entry.advice not in ("{fix}", "{settle}"):
            lines += ["```", entry.advice, "```", ""]
    return "\n".join(lines)


def files() -> dict[Path, str]:
    """Each generated file with its content."""
    made = {ROOT / "docs" / "findings.md": findings()}
    for scene, suffix in ((_PAGE, "broken"), (_REPAIRED, "repaired")):
        made[EXAMPLES / f"workload-{suffix}.yaml"] = _dumped(scene, "workload")
    made[EXAMPLES / "control-plane.yaml"] = _dumped(_PAGE, "control-plane")
    return made


def _dumped(scene: Scene, cluster: str) -> str:
    return str(yaml.safe_dump(as_list(scene.clusters()[cluster]), sort_keys=False))


if __name__ == "__main__":
    for path, content in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        print(path.relative_to(ROOT))
