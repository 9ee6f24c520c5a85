"""What the kiosk says to people at the door, in each language it speaks.

Begin with `messages` (every text, in English), then `catalogue` (a text in another language). The translations lie in
`po/`, one gettext file for each language; `python docs/write_catalogue.py` brings them up to date.
"""
