"""Signing in, and API keys."""

from __future__ import annotations

from mallard.web.api.openapi.operation import Access, Operation, answer, body, ref

SIGNING_IN, KEYS = "Signing in", "API keys"

_COOKIE = "The session, as `mm_session`: HttpOnly, SameSite=Strict, and Secure where that is set."
_WORDS, _DIGITS = "correct horse battery staple", "8e1f0c5a4b…"
_PASSWORD = body("Password", {"password": _WORDS})
_SIGNED_IN = answer("Signed in.", ref("Token"), {"token": _DIGITS}, Set_Cookie=_COOKIE)
_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_KEY = {"name": "nightly report", "scope": "ReadOnly"}

OPERATIONS = (
    Operation(
        method="post",
        path="/api/auth/setup",
        name="setUp",
        tag=SIGNING_IN,
        summary="Set the first password",
        description="Possible once. Until then the dashboard is open to whoever reaches it.",
        body=_PASSWORD,
        answers={200: _SIGNED_IN},
        refusals=(400, 403, 409, 413, 422, 429, 500),
        access=Access.ANYBODY,
    ),
    Operation(
        method="post",
        path="/api/auth/login",
        name="logIn",
        tag=SIGNING_IN,
        summary="Sign in",
        description="Too many wrong passwords in a row lock an address out for a while.",
        body=_PASSWORD,
        answers={200: _SIGNED_IN},
        refusals=(400, 401, 403, 413, 422, 429, 500),
        access=Access.ANYBODY,
    ),
    Operation(
        method="post",
        path="/api/auth/logout",
        name="logOut",
        tag=SIGNING_IN,
        summary="Sign out",
        answers={200: answer("Signed out.", ref("LoggedOut"), {"status": "logged_out"})},
        refusals=(403, 500),
        access=Access.ANYBODY,
    ),
    Operation(
        method="get",
        path="/api/auth/status",
        name="getStatus",
        tag=SIGNING_IN,
        summary="Whether a password is set, and whether you are let in",
        answers={
            200: answer(
                "The state.", ref("Status"), {"setup_required": False, "authenticated": True}
            )
        },
        refusals=(500,),
        access=Access.ANYBODY,
    ),
    Operation(
        method="post",
        path="/api/keys",
        name="createKey",
        tag=KEYS,
        summary="Make a key",
        description="`ReadOnly` reads figures and exports, `Ingest` sends batches of events,"
        " `Admin` may do everything. The key is shown this once. Impossible while no password is"
        " set.",
        body=body("KeyWish", _KEY),
        answers={
            201: answer("The key.", ref("NewKey"), {"key": "mm_4f2a…", "key_hash": _HASH} | _KEY)
        },
        refusals=(400, 413, 422, 500),
        access=Access.ADMIN,
    ),
    Operation(
        method="get",
        path="/api/keys",
        name="listKeys",
        tag=KEYS,
        summary="List all keys",
        answers={
            200: answer(
                "The keys, revoked ones too, oldest first.",
                ref("ApiKeyList"),
                [
                    {"key_hash": _HASH}
                    | _KEY
                    | {
                        "created_at": "2026-01-15T10:00:00Z",
                        "revoked": False,
                        "last_used": "2026-02-01",
                    }
                ],
            )
        },
        refusals=(500,),
        access=Access.ADMIN,
    ),
    Operation(
        method="delete",
        path="/api/keys/{key_hash}",
        name="revokeKey",
        tag=KEYS,
        summary="Revoke a key for ever",
        parameters=("key_hash",),
        answers={200: answer("Revoked.", ref("Revoked"), {"status": "revoked"})},
        refusals=(404, 500),
        access=Access.ADMIN,
    ),
)
