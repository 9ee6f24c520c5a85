"""Our own single-shot face detector: default boxes, network, matching, loss, training, export.

Begin with `model` and `anchors`, then `targets` and `losses`, `loop`, and `shipping` for the way into `models/`.
"""
