"""Looks at everything a kiosk needs, and says of each thing whether it is well and what to do if not.

Begin with `finding` (what is said of a thing). Each `look_at_...` takes plain values, changes nothing, and returns
findings; `edge.commands.doctor` asks them in turn.
"""
