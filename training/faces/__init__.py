"""Faces cut from pictures as the deployed detector cuts them, and what is done to them in training.

Begin with `store` (the folder of crops), then `cutting` (how they are made) and `augmentation`.
"""
