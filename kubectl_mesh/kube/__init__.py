"""What Kubernetes objects mean by themselves: objects of one cluster, routing, events, workloads.

Nothing here knows Istio.
"""
