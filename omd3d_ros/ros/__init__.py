"""The node and its worker: everything that speaks ROS."""
