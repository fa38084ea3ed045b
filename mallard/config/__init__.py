"""Settings: declared once in `settings`, read from a TOML file and the environment by `load`."""

from mallard.config.declarations import DECLARED, Declaration
from mallard.config.loading import Loaded, Origin, SettingsError, load
from mallard.config.rules import Network
from mallard.config.settings import Settings

__all__ = [
    "DECLARED",
    "Declaration",
    "Loaded",
    "Network",
    "Origin",
    "Settings",
    "SettingsError",
    "load",
]
