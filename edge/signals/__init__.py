"""Lamps, buzzer, relay and button: pins, the roles they play, and the patterns they show."""
