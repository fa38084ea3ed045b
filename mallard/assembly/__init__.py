"""How the parts are made from the settings, by subject; `app` puts them together.

There is no logic here. Read `given` (what all of it is made from), `storage`, `collecting`,
`tending` (what runs beside); `portal` has what is there only where the settings name one.
"""
