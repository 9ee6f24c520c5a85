"""New models: packed, signed, installed, tried, and taken back.

Begin with `install`: a `bundle` is fetched, checked and proven, and goes live. `trial` watches its first minute,
`orders` follows what is asked for from afar.
"""
