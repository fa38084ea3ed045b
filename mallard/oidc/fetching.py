"""Asks the provider: short, with limits, following no redirect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import urllib3

from mallard.model import MallardError

TIMEOUT_SECS = 10
MOST_BYTES = 1 << 20


class ProviderFailed(MallardError):
    """The provider did not answer as it should; the text is for the log and the operator."""


class Fetching:
    """Requests to the provider, whose certificate is always checked."""

    def __init__(self) -> None:
        timeout = urllib3.Timeout(total=TIMEOUT_SECS)
        self._pool = urllib3.PoolManager(maxsize=2, timeout=timeout, retries=False)

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The JSON object at an address. Raises ProviderFailed."""
        return self._ask("GET", url, headers=headers)

    def post(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> dict[str, Any]:
        """The JSON object that a form is answered with. Raises ProviderFailed."""
        return self._ask("POST", url, fields=dict(form), encode_multipart=False, headers=headers)

    def _ask(self, method: str, url: str, **more: Any) -> dict[str, Any]:
        try:
            response = self._pool.request(
                method, url, redirect=False, preload_content=False, **more
            )
            try:
                body = response.read(MOST_BYTES + 1, decode_content=True)
            finally:
                response.release_conn()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise ProviderFailed(f"{url} cannot be asked: {error}") from None
        if response.status != 200:
            raise ProviderFailed(f"{url} answered {response.status}")
        try:
            if len(body) > MOST_BYTES:
                raise ValueError
            return msgspec.json.decode(body, type=dict[str, Any])
        except (ValueError, msgspec.MsgspecError):
            raise ProviderFailed(f"{url} answered no JSON object") from None
