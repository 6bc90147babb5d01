"""Where the standalone program starts."""

from kubectl_mesh.cli import run

run()
