"""Pictures of a map, drawn in software. Knows nothing of ROS."""
