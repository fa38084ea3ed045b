"""The routes of other products, so that their trackers and clients work on."""
