"""nginx and Caddy with the files that we ship, on ports and with a certificate of their own."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.deploy.files import DEPLOY
from tests.waiting import PATIENCE_SECS, until

HOST = "analytics.example.com"
NGINX_IS_TOLD = """
daemon off;
{user}
pid {place}/nginx.pid;
error_log stderr;
events {{}}
http {{
    {temporary}
    include {place}/mallard.conf;
}}
"""
OF_NGINX = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@dataclass(frozen=True)
class Proxy:
    """Where a proxy listens, and what it keeps."""

    name: str
    place: Path
    http: int
    https: int
    certificate: Path
    key: Path

    @property
    def origin(self) -> str:
        return f"https://{HOST}:{self.https}"

    @property
    def log(self) -> Path:
        """What Caddy writes of logins."""
        return self.place / "caddy-access.log"


def a_place(name: str, place: Path) -> Proxy:
    """A directory with a certificate for the host that the files name."""
    place.mkdir(parents=True)
    certificate, key = place / "certificate.pem", place / "key.pem"
    new_key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 2"
    names = f"-subj /CN={HOST} -addext subjectAltName=DNS:{HOST}"
    command = f"openssl req -x509 {new_key} {names} -keyout {key} -out {certificate}"
    subprocess.run(command.split(), check=True, capture_output=True)
    http = free_port()
    return Proxy(name, place, http, free_port(besides=http), certificate, key)


def free_port(besides: int = 0) -> int:
    """A port that nobody listens on, and that no client is given either."""
    while True:
        port = random.randrange(20_000, 32_000)
        if port != besides and not listens(port):
            return port


def nginx_command(proxy: Proxy, upstream: str) -> list[str | Path]:
    """Starts nginx with deploy/nginx.conf, in which only the place is another."""
    text = (DEPLOY / "nginx.conf").read_text("utf-8")
    for line in ("    listen [::]:80;\n", "    listen [::]:443 ssl http2;\n"):
        text = replaced(text, line, "")
    text = replaced(text, "listen 80;", f"listen 127.0.0.1:{proxy.http};")
    text = replaced(text, "listen 443 ssl", f"listen 127.0.0.1:{proxy.https} ssl")
    text = replaced(text, "server 127.0.0.1:8000;", f"server {upstream};")
    letsencrypt = f"/etc/letsencrypt/live/{HOST}"
    text = replaced(text, f"{letsencrypt}/fullchain.pem", str(proxy.certificate))
    text = replaced(text, f"{letsencrypt}/privkey.pem", str(proxy.key))
    (proxy.place / "mallard.conf").write_text(text)
    lines = [f"{name}_temp_path {proxy.place}/{name};" for name in OF_NGINX]
    around = NGINX_IS_TOLD.format(
        place=proxy.place,
        temporary=" ".join(lines),
        user="user root;" if os.geteuid() == 0 else "",
    )
    (proxy.place / "nginx.conf").write_text(around)
    found = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert found, "nginx is missing"
    return [found, "-p", proxy.place, "-e", "stderr", "-c", proxy.place / "nginx.conf"]


def caddy_command(proxy: Proxy) -> list[str | Path]:
    """Starts Caddy with deploy/Caddyfile; only how the certificate is come by is another."""
    shutil.copy(DEPLOY / "Caddyfile", proxy.place)
    (proxy.place / "caddy").mkdir()
    (proxy.place / "caddy" / "certificate.caddy").write_text(
        f"(certificate) {{\n\ttls {proxy.certificate} {proxy.key}\n\tbind 127.0.0.1\n}}\n"
    )
    caddy = Path(sys.executable).parent / "caddy"
    return [caddy, "run", "--adapter", "caddyfile", "--config", proxy.place / "Caddyfile"]


def caddy_variables(proxy: Proxy, upstream: str) -> dict[str, str]:
    """What the Caddyfile takes from its surroundings."""
    return {
        "DOMAIN": HOST,
        "HTTP_PORT": str(proxy.http),
        "HTTPS_PORT": str(proxy.https),
        "MALLARD_UPSTREAM": upstream,
        "CADDY_LOG": str(proxy.log),
        "CADDY_ADMIN": f"unix/{proxy.place}/admin",
        "XDG_DATA_HOME": str(proxy.place),
        "XDG_CONFIG_HOME": str(proxy.place),
    }


@contextmanager
def running_proxy(proxy: Proxy, upstream: str) -> Iterator[Proxy]:
    """The proxy in front of `upstream`, as HOST:PORT; it is stopped at the end."""
    if proxy.name == "nginx":
        command, variables = nginx_command(proxy, upstream), {}
    else:
        command, variables = caddy_command(proxy), caddy_variables(proxy, upstream)
    log = proxy.place / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(command, env=os.environ | variables, stderr=file)
    try:
        until(lambda: process.poll() is not None or listens(proxy.https), "the proxy listens")
        assert process.poll() is None, log.read_text()
        yield proxy
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_SECS)


def listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def replaced(text: str, old: str, new: str) -> str:
    assert old in text, f"{old!r} is no longer in the file"
    return text.replace(old, new)
