"""Household things of our own that are only learned from."""
