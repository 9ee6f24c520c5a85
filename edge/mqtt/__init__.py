"""The kiosk's line to an MQTT broker: telemetry out, commands in. docs/fleet.md describes topics and messages.

Read on in `telemetry` (keeps the line), `conversation` (what is told when), `messages` (how it is said) and
`connection` (how it gets there).
"""
