"""Labelled pictures: the sets' own formats, cleaning, and splits that share no person."""
