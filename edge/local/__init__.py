"""The running service's own socket, for commands on the same machine: one line of JSON asks, one answers.

Begin with `server` (what the service does), then `client` (how a command asks it).
"""
