"""The kiosk's line to an MQTT broker: telemetry out, commands in. docs/fleet.md describes topics and messages.

Read on in `telemetry` (keeps the line), `conversation` (what is told when), `messages` (how it is said) and
`connection` (how it gets there).
"""

ANNOUNCED = "mqtt-announced.json"
"""File in the state folder: what brokers keep of this kiosk. It names the file of a password, and holds none."""
