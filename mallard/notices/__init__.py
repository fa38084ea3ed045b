"""What is told to people who are not looking: what is due, what waits to be sent, what was sent.

All of it is one document, replaced as a whole. So what becomes due and what is noted of it is one
step, which a kill lets happen or not; and a notice stays until somebody has taken it.
"""
