"""The ways in which labelling tools lay out pictures and labels, one module each.

Begin with `export` (what every reader gives), then `names` (what classes are called) and `recognise` (which layout a
folder has); the others are `class_folders`, `yolo`, `coco`, `voc`, `label_studio` and `table`.
"""
