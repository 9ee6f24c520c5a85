"""The command line `maskgate-train`: a module for each group of subcommands.

Begin with `main`, a table of them; each is loaded only when it is called.
"""
