"""The provider: what it says of itself, where it is asked, and whether an answer is its own.

The flow is that of a code, with PKCE. What comes back counts once, in the browser that was sent,
for the state and nonce that were sent along, from this issuer and from no other (RFC 9700, 9207).
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata, get_well_known_url
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from mallard.config.oidc import ON_THIS_MACHINE, Oidc
from mallard.oidc.fetching import Fetching, ProviderFailed
from mallard.oidc.tickets import Pending, Tickets
from mallard.texts.said import said

SCOPE = "openid profile email"
ALGORITHMS = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
)
"""Of keys of which only the provider has the other half."""
LEEWAY_SECS = 60
KNOWN_SECS = 3600
"""So long it is believed what the provider said of itself."""


class Refused(Exception):
    """What came back is not what was asked for; its text is for the person."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Where a browser is sent, and what it keeps to show that it was the one."""

    url: str
    ticket: str


class Provider:
    """The provider that the settings name."""

    def __init__(
        self,
        oidc: Oidc,
        clock: Callable[[], datetime],
        timer: Callable[[], float],
        fetching: Fetching | None = None,
    ) -> None:
        self.oidc = oidc
        self._issuer, self._client = str(oidc.issuer), str(oidc.client_id)
        self._clock = clock
        self._timer = timer
        self._fetching = fetching or Fetching()
        self._metadata: tuple[dict[str, Any], float] | None = None
        self._keys: tuple[KeySet, float] | None = None
        self._tickets = Tickets(timer)

    def begin(self, redirect_uri: str, target: str) -> Sent:
        """Where a browser goes to sign in, and come back. Raises ProviderFailed."""
        metadata = self._known()
        ticket, pending = self._tickets.issue(redirect_uri, target)
        url = prepare_grant_uri(
            metadata["authorization_endpoint"],
            self._client,
            "code",
            redirect_uri=redirect_uri,
            scope=SCOPE,
            state=pending.state,
            nonce=pending.nonce,
            code_challenge=create_s256_code_challenge(pending.verifier),
            code_challenge_method="S256",
        )
        return Sent(url, ticket)

    def finish(self, ticket: str, args: Mapping[str, str]) -> tuple[dict[str, Any], str]:
        """What the provider says of who has come back, and where he was going.

        Raises Refused, ProviderFailed.
        """
        pending = self._tickets.spend(ticket)
        if pending is None:
            raise Refused(
                said("This sign-in is over, or was begun in another browser. Begin again.")
            )
        self._check_answer(args, pending)
        tokens = self._tokens(args["code"], pending)
        return self._all_of(self._claims(tokens, pending), tokens), pending.target

    def _check_answer(self, args: Mapping[str, str], pending: Pending) -> None:
        if not hmac.compare_digest(args.get("state", "").encode(), pending.state.encode()):
            raise Refused(said("The answer is not of this sign-in. Begin again."))
        must_name_issuer = self._known().get("authorization_response_iss_parameter_supported")
        issuer = args.get("iss")
        if issuer != self._issuer and (issuer is not None or must_name_issuer):
            raise Refused(said("The answer is of another provider. Begin again."))
        if "error" in args or not args.get("code"):
            raise Refused(said("The provider did not let you in."))

    def _tokens(self, code: str, pending: Pending) -> dict[str, Any]:
        metadata, headers = self._known(), {}
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": pending.redirect_uri,
            "code_verifier": pending.verifier,
        }
        ways = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if "client_secret_basic" in ways:
            pair = f"{quote(self._client, '')}:{quote(str(self.oidc.client_secret), '')}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": self._client, "client_secret": str(self.oidc.client_secret)}
        return self._fetching.post(metadata["token_endpoint"], form, headers)

    def _claims(self, tokens: Mapping[str, Any], pending: Pending) -> dict[str, Any]:
        id_token = tokens.get("id_token")
        if not isinstance(id_token, str):
            raise ProviderFailed("the provider sent no ID token")
        try:
            token = jwt.decode(id_token, self._key_set(id_token), algorithms=ALGORITHMS)
            claims = CodeIDToken(
                token.claims,
                token.header,
                options={
                    "iss": {"essential": True, "value": self._issuer},
                    "aud": {"essential": True, "value": self._client},
                    "sub": {"essential": True},
                },
                params={"nonce": pending.nonce, "client_id": self._client},
            )
            claims.validate(now=int(self._clock().timestamp()), leeway=LEEWAY_SECS)
        except (JoseError, ValueError) as error:
            raise ProviderFailed(f"the ID token is not good: {error}") from None
        return dict(claims)

    def _all_of(self, claims: dict[str, Any], tokens: Mapping[str, Any]) -> dict[str, Any]:
        """The claims with those that the provider tells beside the ID token alone."""
        place = self._known().get("userinfo_endpoint")
        outer = (self.oidc.role_claim or "").partition(".")[0]
        is_all = "email" in claims and (not outer or {outer, self.oidc.role_claim} & {*claims})
        if is_all or place is None or not isinstance(tokens.get("access_token"), str):
            return claims
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        told = self._fetching.get(_on_https(place, "userinfo_endpoint"), bearer)
        if told.get("sub") != claims["sub"]:
            raise ProviderFailed("the provider's userinfo is of somebody else")
        return told | claims

    def _known(self) -> dict[str, Any]:
        """What the provider says of itself. Raises ProviderFailed."""
        now = self._timer()
        if self._metadata is None or now >= self._metadata[1]:
            url = get_well_known_url(self._issuer, external=True)
            found = self._fetching.get(url)
            if found.get("issuer") != self._issuer:
                raise ProviderFailed(f"{url} is of another issuer: {found.get('issuer')!r}")
            try:
                OpenIDProviderMetadata(found).validate()
            except ValueError as error:
                raise ProviderFailed(f"{url} describes no provider: {error}") from None
            for key in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                _on_https(found.get(key), key)
            self._metadata = (found, now + KNOWN_SECS)
        return self._metadata[0]

    def _key_set(self, id_token: str) -> KeySet:
        """The provider's keys; asked for anew where the token's is not among those known."""
        now = self._timer()
        if self._keys is None or now >= self._keys[1] or not _has_key(self._keys[0], id_token):
            found: Any = self._fetching.get(self._known()["jwks_uri"])
            try:
                self._keys = (KeySet.import_key_set(found), now + KNOWN_SECS)
            except (JoseError, KeyError, TypeError, ValueError) as error:
                raise ProviderFailed(f"the provider's keys cannot be read: {error}") from None
        return self._keys[0]


def _has_key(keys: KeySet, id_token: str) -> bool:
    from joserfc.jws import extract_compact

    try:
        wanted = extract_compact(id_token.encode()).protected.get("kid")
    except (JoseError, ValueError):
        return True  # it is refused all the same, and asks for nothing
    return wanted is None or wanted in [key.kid for key in keys.keys]


def _on_https(url: object, key: str) -> str:
    """The address, if nobody on the way reads what is said there. Raises ProviderFailed."""
    parts = urlsplit(url if isinstance(url, str) else "")
    host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname
    if parts.scheme == "https" or (parts.scheme == "http" and host in ON_THIS_MACHINE):
        return str(url)
    raise ProviderFailed(f"the provider's {key} is not of https: {url!r}")
