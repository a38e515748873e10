"""Controllers that do over the Kubernetes API what Azure and the pods would do in a cluster."""
