"""What the objects mean for a hosted mesh.

Names, mesh configs, istiods, addresses and their owners, gateways, load balancers: facts, and no
judgement of them.
"""
