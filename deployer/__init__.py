"""Give a research group its own BinderHub on Azure."""
