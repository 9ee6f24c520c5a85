"""The mask classifier: backbones, recipe, batches, loop, and runs that can be resumed."""
