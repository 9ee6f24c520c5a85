"""Telling people what happens at the door: by mail, chat and push services, and by a signed webhook.

Begin with `rules` (events become notices), then `queue` (notices wait on the disk, for each who is told), `courier`
(takes them there, when it may), `destination` (what a message is), `services` and `webhook` (how it gets there).
"""
