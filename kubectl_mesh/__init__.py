"""kubectl-mesh: verifies clusters that were joined to a hosted Istio mesh."""

__version__ = "0.1.0"
