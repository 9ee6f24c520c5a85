"""`python -m edge` is `maskgate`."""

from edge.commands.main import main

main()
