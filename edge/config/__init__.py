"""The configuration: its schema, what lies over it, and the one that was accepted last."""
