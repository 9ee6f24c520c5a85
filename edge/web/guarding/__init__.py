"""Stands before every page and operation: who asks, from where, and may they.

Begin with `guard` (what every request passes), then `logins` (is a password right), `attempts` (how many were wrong)
and `addresses` (who connects, and what they call this machine).
"""
