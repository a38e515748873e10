"""Tests of the API of one cluster, which they share."""
