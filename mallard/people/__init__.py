"""People with accounts: how they come in, sign in and change what they get in by; no HTTP."""
