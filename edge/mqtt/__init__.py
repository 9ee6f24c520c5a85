"""The kiosk's line to an MQTT broker: telemetry out, commands in. docs/fleet.md describes topics and messages.

Read on in `telemetry` (who sends what when), `messages` (what is said) and `connection` (how it gets there).
"""
