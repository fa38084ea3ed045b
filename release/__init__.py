"""What has to hold before a version goes out; `make release-check` asks for all of it."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
