"""Who may come in, and what each may do: people, sessions and tokens, in one file.

Begin with `roles` (who may what), then `access` (everything together), `kept` (what the file holds), `store` (the
file), `users`, `sessions` and `tokens`, `hashing` and `second_factor`.
"""
