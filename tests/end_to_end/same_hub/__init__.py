"""Tests of one hub that is deployed again and again from a laptop; each file leaves it whole."""
