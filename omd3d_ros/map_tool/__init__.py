"""The program omd3d_map: what is in a map file, and other formats for it. Knows nothing of ROS."""
