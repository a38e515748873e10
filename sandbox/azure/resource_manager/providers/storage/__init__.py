"""Microsoft.Storage, the control plane of storage accounts; `sandbox.azure.storage` serves their blobs."""
