"""How good a network is: on cut faces, on whole scenes, in figures, curves, charts and reports.

Begin with `on_faces` and `on_scenes`; both ask a `predictors` of any kind, make `figures` and leave a `report`.
"""
