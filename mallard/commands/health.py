"""`mallard health`: whether the server that runs with these settings is ready."""

from __future__ import annotations

import http.client
from ipaddress import ip_address
from pathlib import Path

import click

from mallard.commands.settings import config_option, settings_for_command
from mallard.config import Settings

READY = "/health/ready"
PATIENCE_SECS = 4.0
"""How long the answer may take: less than the five seconds that health checks usually give."""


@click.command()
@config_option
def health(config: Path | None) -> None:
    """Ask the server that runs here with the same settings whether it is ready.

    The exit code is 0 when it is and 1 when it is not, as health checks of containers want it.
    """
    settings = settings_for_command(config)
    if not settings.port:
        raise click.ClickException("port 0 means any free port: name the server's in MALLARD_PORT")
    answer = _answer_of(settings)
    if answer.status != http.client.OK:
        text = answer.read().decode(errors="replace")
        raise click.ClickException(f"not ready: {answer.status} {text}")
    click.echo("ready")


def _answer_of(settings: Settings) -> http.client.HTTPResponse:
    """What the server says. Raises ClickException when it says nothing."""
    host = _reached_at(settings.host)
    connection = http.client.HTTPConnection(host, settings.port, timeout=PATIENCE_SECS)
    try:
        connection.request("GET", READY)
        return connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        where = f"{host} port {settings.port}"
        raise click.ClickException(f"no answer from {where}: {error}") from None
    finally:
        connection.close()


def _reached_at(host: str) -> str:
    """Where a server that listens on `host` is reached from the same machine."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not address.is_unspecified:
        return host
    return "127.0.0.1" if address.version == 4 else "::1"
