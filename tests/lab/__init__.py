"""The lab: two real Kubernetes control planes on one machine.

`python -m tests.lab` starts it by hand.
"""
