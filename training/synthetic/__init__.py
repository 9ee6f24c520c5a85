"""Masks and coverings drawn on bare faces.

Begin with `synthesis` (adds them to a crop store), then `masks`, `coverings` and `fabrics`; `landmarks` and `mesh`
say where on a face.
"""
