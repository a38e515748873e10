"""Azure: its tenant, its storage, its container runtime, and the resource manager that runs them all."""
