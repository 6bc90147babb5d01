"""The checks: pure functions, snapshots in, findings out."""
