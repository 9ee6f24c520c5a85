"""The two networks, face detector and mask classifier: described, found, fed and read.

Begin with `manifest` (what a model says of itself) and `preprocess` (pixels to input, shared with training and
conversion); then `detector` with `decoding`, and `classifier`. `find` and `store` say which file is used, `golden`
whether it answers as it should.
"""
