"""`python -m kubectl_mesh`."""

from kubectl_mesh.cli import run

if __name__ == "__main__":
    run()
