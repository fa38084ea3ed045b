"""The portal's routes, there only where the settings have a portal."""
