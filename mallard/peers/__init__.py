"""Other products' wire formats: what they send becomes our events.

`plausible`, `umami` and `goatcounter` may be read in any order; their routes are in `web/peers/`.
"""
