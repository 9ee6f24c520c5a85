"""A model's card: its data, terms, commands and figures, in words."""
