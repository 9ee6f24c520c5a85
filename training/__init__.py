"""The toolchain's first half: data sets, splits, training and evaluation of the kiosk's networks."""
