"""Runs before the standalone program: undoes what its bootloader changed in the environment.

The credential plugins of a kubeconfig inherit it, and must not load the libraries of this archive.
"""

import os
import sys

for _name in [name for name in os.environ if name.startswith("_PYI_")]:
    del os.environ[_name]
if sys.platform == "linux":  # elsewhere the bootloader sets no such variable
    _own = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
    os.environ.pop("LD_LIBRARY_PATH", None)
    if _own is not None:
        os.environ["LD_LIBRARY_PATH"] = _own
