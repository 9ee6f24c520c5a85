"""The mask classifier: backbones, recipe, batches, loop, and runs that can be resumed.

Begin with `finetune` (from a split to a run folder), then `job` and `recipe` (what decides the result), `loop` and
`face_batches`. `classic` is the well-known recipe, to compare with.
"""
