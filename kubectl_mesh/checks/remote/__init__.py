"""istiod-remote, the Service that the proxies of a cluster dial."""
