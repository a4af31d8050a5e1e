"""Fuse depth clouds into a voxel map and segment the objects a sentence asks for (ROS 2)."""

__version__ = '0.1.0'
