"""The blobs of storage accounts: an Azurite for each, behind the permissions that Azure checks."""
