"""Azure Resource Manager on this machine: the host management.azure.com.

The kernel (`ids`, `errors`, `state`, `rights`, `roles`, `operations`, `resource_types`, `kernel`) knows what
all of Azure has in common; each provider has a module or folder of its own; `http` puts it on the wire and
`app` composes it.
"""
