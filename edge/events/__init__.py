"""What happened at the door: told, written down, counted and forgotten in time."""
