"""What the kiosk costs beside the classic loop and its bare networks: `python -m benchmarks CLIP...`."""
