"""Alerts: when the figures of a site, or the instance, want somebody to look.

`usual` says what is unusual, `judging` whether an alert holds, `watching` when it is told, and
`webhooks` how by anything but mail; `outside` keeps these out of the server's own network. Nothing
of it is loaded as long as nobody has asked for an alert.
"""
