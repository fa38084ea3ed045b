"""Who gets in: passwords, sessions, keys and lockouts, without a word of HTTP."""
