"""The kiosk's command line: a module for each command or group of commands.

Begin with `main`, which names them all.
"""
