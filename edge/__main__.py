"""`python -m edge` is `maskgate`."""

from edge.command import main

main()
