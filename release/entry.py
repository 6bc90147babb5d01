"""Where the standalone program starts."""

from kubectl_mesh.cli.entry import run

run()
