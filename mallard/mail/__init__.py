"""Mail: what is written to whom, and how it is handed to the server that takes it.

Nothing of it is loaded where the settings have no `[smtp]`. `letters` is what a mail is, `smtp`
hands mails over; the rest of the room says what stands in them and when they go.
"""
