"""How commands come by the settings."""

from __future__ import annotations

import os
from pathlib import Path

import click

from mallard.config import Loaded, Settings, SettingsError, load

config_option = click.option(
    "--config",
    "-c",
    metavar="CONFIG.toml",
    type=click.Path(path_type=Path),
    help="The settings file; without it, the one that MALLARD_CONFIG names.",
)


class BadSettings(click.ClickException):
    """Settings that stop the start: one line on stderr and exit code 2."""

    exit_code = 2


def load_settings(config: Path | None) -> Loaded:
    """The settings of the file and the environment. Raises BadSettings."""
    try:
        return load(config, os.environ)
    except SettingsError as error:
        raise BadSettings(str(error)) from None


def settings_for_command(config: Path | None) -> Settings:
    """The settings, with logging set up so that only what goes wrong is printed."""
    from mallard import logs

    settings = load_settings(config).settings
    logs.configure("text", "error")
    return settings
