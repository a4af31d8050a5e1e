"""Rooms from CAD models, seen by a simulated depth camera."""
