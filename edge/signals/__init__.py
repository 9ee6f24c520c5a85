"""Lamps, buzzer, relay and button.

Begin with `door` (the roles, and how they are driven); `patterns` says what each output shows in which state, `pins`
opens lines through gpiozero.
"""
