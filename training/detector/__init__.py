"""Our own single-shot face detector: default boxes, network, matching, loss, training, export."""
