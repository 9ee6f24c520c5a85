"""Pictures that a kiosk keeps for a while, if somebody wants it: bounded, expiring, and erased by whoever may.

Begin with `kept`, the folder that alerts' snapshots and uncertain faces have in common; then `collector` (which faces
are kept) and `label_studio` (how they reach whoever labels them).
"""
