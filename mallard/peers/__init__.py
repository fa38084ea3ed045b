"""Other products' wire formats: what they send becomes our events."""
