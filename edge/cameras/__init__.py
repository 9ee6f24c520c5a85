"""Where frames come from: Raspberry Pi camera, USB, network, files, and the demo's own clip."""
