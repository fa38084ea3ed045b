"""What of the documentation is made of the code: settings, API, and the site around them."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
