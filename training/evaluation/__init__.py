"""How good a network is: on cut faces, on whole scenes, in figures, curves, charts and reports."""
