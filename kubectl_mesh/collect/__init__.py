"""Where a Snapshot comes from: a live API server or files."""

CONTROL_PLANE_CONTEXT = "KUBECTL_MESH_CONTROL_PLANE_CONTEXT"  # the environment variable
DEFAULT_NAMESPACE = "istio-system"


class InputError(Exception):
    """What the user gave can't be used. Exit code 2.

    One line that says what is wrong, where, and what to do.
    """
