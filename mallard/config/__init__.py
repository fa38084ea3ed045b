"""Settings: declared once in `settings`, read from a TOML file and the environment by `load`."""

from mallard.config.cluster import Cluster
from mallard.config.declarations import DECLARED, Declaration
from mallard.config.loading import IN_TABLES, Loaded, Origin, load
from mallard.config.oidc import Oidc
from mallard.config.peers import Peers
from mallard.config.portal import Portal, Project
from mallard.config.rules import Network
from mallard.config.settings import Settings
from mallard.config.smtp import Smtp
from mallard.config.tables import TABLES, SettingsError
from mallard.config.umami import UmamiSettings
from mallard.config.webhooks import Webhooks

__all__ = [
    "DECLARED",
    "IN_TABLES",
    "TABLES",
    "Cluster",
    "Declaration",
    "Loaded",
    "Network",
    "Oidc",
    "Origin",
    "Peers",
    "Portal",
    "Project",
    "Settings",
    "SettingsError",
    "Smtp",
    "UmamiSettings",
    "Webhooks",
    "load",
]
