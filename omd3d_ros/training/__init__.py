"""Training of the networks: losses, loops and the command line omd3d_train."""
