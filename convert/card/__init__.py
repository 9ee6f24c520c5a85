"""A model's card: its data, terms, commands and figures, in words.

Begin with `card` (the whole of it), then `figures` and `texts`.
"""
