"""Networks that others trained, made into models that the kiosk loads.

Begin with `importing` (the whole way), then `opening` and `original` (what a file is), and `probe`, `scales` and
`names` (what it takes, and what its outputs mean).
"""
