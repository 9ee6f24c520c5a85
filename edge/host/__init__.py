"""What the kiosk finds on the machine it runs on: board, service manager, signals, files, memory.

Nothing here knows what a face is, and each module stands alone: `board` (temperature, power, GPIO chip), `systemd` and
`posix_signals` (the service manager), `files` and `folders` (what outlives a power cut), `memory`.
"""
