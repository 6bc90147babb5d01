"""The command line: flags as kubectl spells them, exit codes, and nothing else."""

from kubectl_mesh.cli.entry import main, run

__all__ = ["main", "run"]
