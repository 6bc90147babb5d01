"""What Kubernetes objects mean by themselves: objects of one cluster, routing, events. Nothing here knows Istio."""
