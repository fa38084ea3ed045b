"""Other products' wire formats: what they send becomes our events.

`names` first, then the products in any order; their routes are in `web/peers/`.
"""
