"""Who may come in, and what each may do: passwords, sessions and tokens, in one file.

Begin with `access`.
"""
