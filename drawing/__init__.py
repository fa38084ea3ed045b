"""Pictures that Mallard ships, drawn once: the map of the world, and icons. `python -m drawing`."""
