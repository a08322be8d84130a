"""What happens, in what order: the flows, the sources they read and the commands that start them."""
