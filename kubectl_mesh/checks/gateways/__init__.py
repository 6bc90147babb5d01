"""The gateways of a cluster: their Pods, Services and proxies."""
