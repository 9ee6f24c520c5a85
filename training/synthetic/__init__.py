"""Masks and coverings drawn on bare faces."""
