"""Clouds in, a bounded voxel map out: numpy and numba only."""
