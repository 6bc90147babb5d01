"""Runs before the standalone program: gives back the environment that PyInstaller's bootloader changed.

The credential plugins of a kubeconfig inherit it, and must not load the libraries of this archive.
"""

import os

for _name in [name for name in os.environ if name.startswith("_PYI_")]:
    del os.environ[_name]
for _name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"):
    _own = os.environ.pop(f"{_name}_ORIG", None)
    if _own is not None:
        os.environ[_name] = _own
    elif hasattr(os, "uname"):  # on Windows the bootloader sets neither
        os.environ.pop(_name, None)
