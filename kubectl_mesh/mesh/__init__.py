"""What the objects mean for a hosted mesh: names, mesh configs, istiods, addresses, gateways, load balancers."""
