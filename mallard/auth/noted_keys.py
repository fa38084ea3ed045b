"""The keys as whoever runs Mallard makes and revokes them on its machine: each is noted."""

from __future__ import annotations

from dataclasses import dataclass

from mallard.auth.audit import AuditList
from mallard.auth.keys import ApiKey, ApiKeys, NewKey

WHO = "the command line"


@dataclass(frozen=True, slots=True)
class NotedKeys:
    """The same keys; what is done with them is on the list of who did what."""

    keys: ApiKeys
    audit: AuditList

    def all(self) -> list[ApiKey]:
        """Every key, revoked ones too, oldest first."""
        return self.keys.all()

    def create(self, name: str, scope: str) -> NewKey:
        """Makes a key. Raises BadKey, OSError."""
        made = self.keys.create(name, scope)
        self.audit.add(WHO, "made an API key", made.name)
        return made

    def revoke(self, key_hash: str) -> bool:
        """Makes a key useless for ever; False when there is none. Raises OSError."""
        names = [key.name for key in self.keys.all() if key.key_hash == key_hash]
        is_there = self.keys.revoke(key_hash)
        if is_there:
            self.audit.add(WHO, "revoked an API key", "".join(names))
        return is_there
