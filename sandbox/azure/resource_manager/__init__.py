"""Azure Resource Manager on this machine: the host management.azure.com.

`core` knows what all of Azure has in common, `providers` has each resource provider, `http` puts them on the
wire and `app` composes them.
"""
