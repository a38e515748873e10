"""What all resource providers of Azure Resource Manager have in common."""
