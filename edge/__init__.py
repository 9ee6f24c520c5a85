"""The kiosk: camera frames in, mask verdicts and door signals out.

Read on in `types` (the values), `pipeline` (the chain) and `service` (how it is put together).
"""

__version__ = "0.1.0"
