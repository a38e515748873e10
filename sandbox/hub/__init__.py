"""Answers visitors at the public addresses of hubs, in place of the pods, which run no program here."""
