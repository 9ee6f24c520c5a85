"""The toolchain's second half: from a training run to a verified model the kiosk can load."""
