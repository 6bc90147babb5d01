"""Sentences that explanations of several subjects share."""

from __future__ import annotations

NO_CONFIGURATION = (
    "The proxies fetch their configuration through istiod-remote: without a way to the hosted "
    "istiod, gateways and sidecars that start never become Ready."
)
NO_ADDRESS = (
    "Without an address nothing outside the cluster reaches the Service: no client a gateway, "
    "no workload cluster the control plane."
)
NOT_READ = "What could not be read can't be called fine."
