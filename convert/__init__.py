"""The toolchain's second half: from a training run to a verified model the kiosk can load.

Begin with `conversion` (the whole way of one run), then `recipes` and `tflite` (how it is written), `verify` (does it
judge as its original does?), `publish` and `card`.
"""
