"""New models: packed, signed, installed, tried, and taken back.

Begin with `install`: a `bundle` is fetched (`fetch`), checked and proven (`proof`), and goes live. `trial` watches its
first minute, `orders` follows what is asked for from afar.
"""
