"""The routes of mail, which are there only where the settings have `[smtp]`."""
