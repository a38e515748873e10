"""Tests of single steps; those that need a cluster share one."""
