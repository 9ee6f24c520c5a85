"""Where frames come from: Raspberry Pi camera, USB, network, clips, folders of pictures, and the demo's own clip.

Read on in `source` (what people may write), `camera` (how it is opened, and a live camera's thread), `clip` (the pace
of a clip) and `capture` (the border to a driver: `pi`, `usb`, `network`, `http`).
"""
