"""What the kiosk finds on the machine it runs on: board, service manager, signals, memory."""
