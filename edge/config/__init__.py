"""The configuration: its schema, what lies over it, and the one that was accepted last.

Begin with `schema`, where every key, range and default lives. Over the file lie `environment` (variables) and
`settings` (what was changed at run time); `accepted` is what a kiosk starts with when the present one is refused, and
`in_use` the one authority while it runs.
"""
