"""`python -m kubectl_mesh`."""

import sys

from kubectl_mesh.cli import main

sys.exit(main())
