"""The portal: downloads and clones that pass through, and the use of tools, each one recorded.

Imported only where the settings have a `[portal]`. Nothing here knows HTTP's server side; the
routes are in `mallard.web.portal`.
"""
