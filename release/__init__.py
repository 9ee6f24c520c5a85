"""What a publisher hands out: an archive and Debian packages, made of a commit, the same bytes each time.

Begin with `build`: everything in its order. `wheels` fetches what the locks name, `archive` packs and signs, `sbom`
lists the parts, `debian` makes packages, `changelog` says what is new. It is called by `python -m release`.
"""
