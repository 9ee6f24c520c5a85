"""The voice: what the kiosk says aloud to people at the door.

Begin with `announcer` (what is said when, pure); `prompts` finds its sound file, `speaker` plays one through ALSA, and
`voice` has a thread look at the kiosk and speak. The files in `sounds/` are made by `docs/write_prompts.py`.
"""
