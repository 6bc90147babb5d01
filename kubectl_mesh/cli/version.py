"""`version`, and `--version`."""

from __future__ import annotations

import argparse

from kubectl_mesh import __version__


def version_command(arguments: argparse.Namespace) -> int:
    """`version` and `--version`; nothing is contacted."""
    import json
    import platform
    from importlib.metadata import version

    shown = {
        "version": __version__,
        "python": platform.python_version(),
        "kubernetes": version("kubernetes"),
        "platform": f"{platform.system().lower()}/{platform.machine()}",
    }
    if arguments.output == "json":
        print(json.dumps(shown, indent=2))
    elif arguments.output == "yaml":
        print("\n".join(f'{key}: "{value}"' for key, value in shown.items()))
    else:
        packages = "Python {python}, kubernetes {kubernetes}, {platform}".format_map(shown)
        print(f"kubectl-mesh {__version__} ({packages})")
    return 0
