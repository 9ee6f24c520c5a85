"""The two networks: what they say of themselves, how they are found, fed and read."""
