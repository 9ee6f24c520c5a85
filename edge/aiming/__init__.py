"""For whoever aims a kiosk: the half hour of the set-up, and words for why a face does not count.

Begin with `reasons` (what is said of a face), then `setup_mode` (when it is shown sharp, and to whom that is told).
"""
