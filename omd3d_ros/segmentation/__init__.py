"""Objects from a voxel map, and the ones that a command means."""
