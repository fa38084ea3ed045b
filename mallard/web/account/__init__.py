"""Pages of whoever runs this Mallard: getting in, and the settings."""
