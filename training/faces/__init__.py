"""Faces cut from pictures as the deployed detector cuts them, and what is done to them in training."""
