"""Metrics, loaders and reports."""
