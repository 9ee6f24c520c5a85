"""What happened at the door: told, written down, counted and forgotten in time.

Begin with `journal` (observations and faults become events, and `alerts` become `incidents`), then `log` (a thread
writes them), `database` (the file), `history` (reads it) and `retention` (forgets). No event holds a pixel.
"""
