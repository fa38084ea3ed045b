"""A provider that says whatever a test wants, in the place of what asks a real one."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from mallard.config import Oidc

ISSUER, CLIENT, SECRET = "https://id.example", "mallard", "the client's secret"
OIDC = Oidc(issuer=ISSUER, client_id=CLIENT, client_secret=SECRET)
KEY = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"}, private=True)
"""One for all tests: to make one takes long."""


class InventedProvider:
    """Stands in for `Fetching`."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self.metadata: dict[str, Any] = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "authorization_response_iss_parameter_supported": True,
        }
        self.claims: dict[str, Any] = {}
        """Beside those that each ID token has, or in their place; what is None is left out."""
        self.header: dict[str, Any] = {"alg": "RS256", "kid": "first"}
        self.key: Any = KEY
        self.userinfo: dict[str, Any] = {}
        self.asked: list[str] = []
        self.forms: list[Mapping[str, str]] = []
        self.headers: list[Mapping[str, str]] = []

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        self.asked.append(url)
        if url == f"{ISSUER}/me":
            assert headers == {"Authorization": "Bearer x"}
            return self.userinfo
        if url == f"{ISSUER}/keys":
            return {"keys": [KEY.as_dict(private=False)]}
        return self.metadata

    def post(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> dict[str, Any]:
        self.asked.append(url)
        self.forms.append(form)
        self.headers.append(headers)
        return {"access_token": "x", "token_type": "Bearer", "id_token": self._id_token()}

    def _id_token(self) -> str:
        now = int(self._clock().timestamp())
        usual = {"iss": ISSUER, "aud": CLIENT, "sub": "grace-1", "iat": now, "exp": now + 60}
        told = {key: one for key, one in (usual | self.claims).items() if one is not None}
        if self.header["alg"] == "none":
            return ".".join([_in_base64(self.header), _in_base64(told), ""])
        return jwt.encode(self.header, told, self.key, algorithms=[self.header["alg"]])


def _in_base64(part: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
