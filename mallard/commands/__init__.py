"""Commands that work on the data, through the running server or on their own."""
