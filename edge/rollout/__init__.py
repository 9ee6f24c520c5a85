"""New models: packed, signed, installed, tried, and taken back."""
