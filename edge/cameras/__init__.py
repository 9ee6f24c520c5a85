"""Where frames come from: Raspberry Pi camera, USB, network, files, and the demo's own clip.

Begin with `camera`: a source's name becomes a `Camera`, a live one with a thread of its own. `capture` is the border
to the drivers in `pi` and `opencv`.
"""
