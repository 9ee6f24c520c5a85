"""Labelled pictures: the sets' own formats, cleaning, and splits that share no person.

Begin with `samples` (a labelled picture, a divided set), then `readers` and `coco` (the formats), `cleaning` and
`splits`.
"""
