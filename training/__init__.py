"""The toolchain's first half: data sets, splits, training and evaluation of the kiosk's networks.

A picture passes through `data` (read, cleaned, divided), `faces` (cut as the deployed detector cuts them) and
`synthetic` (masks drawn on bare faces) to `classifier` or `detector`, and is judged in `evaluation`. Every run leaves
a folder (`runs`) that conversion reads through its files alone. docs/training.md has the whole way.
"""
