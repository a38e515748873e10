"""The resource providers that Resource Manager has here, each in a module or folder."""
