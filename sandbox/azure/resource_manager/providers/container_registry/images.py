"""The images of a registry: manifests and tags by repository, as pushed with the registry protocol."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core.state import timestamp

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.azure.resource_manager.core.state import Resource
    from sandbox.clock import Clock


@dataclass
class Manifest:
    """The manifest of an image.

    Attributes:
        content: its bytes.
        media_type: of these.
        tags: that lead to it.
        created: when it was pushed first, by the clock of the sandbox.
        updated: when it was last pushed or tagged.

    """

    content: bytes
    media_type: str
    created: datetime
    updated: datetime
    tags: list[str] = field(default_factory=list)

    def shown(self, digest: str) -> dict[str, Any]:
        """Return the attributes of the manifest, as `/acr/v1` lists them."""
        return {
            "digest": digest,
            "imageSize": len(self.content),
            "createdTime": timestamp(self.created),
            "lastUpdateTime": timestamp(self.updated),
            "mediaType": self.media_type,
            **({"tags": list(self.tags)} if self.tags else {}),
            "changeableAttributes": {
                "deleteEnabled": True,
                "writeEnabled": True,
                "readEnabled": True,
                "listEnabled": True,
            },
        }


class Images:
    """The images of one registry, which go with it.

    Args:
        registry: the registry.
        clock: what time it is.

    """

    def __init__(self, registry: Resource, clock: Clock) -> None:
        self._clock = clock
        self._repositories: dict[str, dict[str, Manifest]] = registry.internals.setdefault("images", {})
        self._blobs: dict[str, bytes] = registry.internals.setdefault("blobs", {})

    def repositories(self) -> list[str]:
        """Return the names of the repositories in order."""
        return sorted(self._repositories)

    def manifests(self, repository: str) -> dict[str, Manifest] | None:
        """Return the manifests of a repository by digest, None where there is no such repository."""
        return self._repositories.get(repository)

    def find(self, repository: str, reference: str) -> tuple[str, Manifest] | None:
        """Return digest and manifest for a tag or a digest."""
        for digest, manifest in (self.manifests(repository) or {}).items():
            if reference == digest or reference in manifest.tags:
                return digest, manifest
        return None

    def add_blob(self, content: bytes) -> str:
        """Keep a blob; return its digest."""
        digest = digest_of(content)
        self._blobs[digest] = content
        return digest

    def has_blob(self, digest: str) -> bool:
        """Return whether a blob was pushed."""
        return digest in self._blobs

    def missing_blobs(self, manifest: bytes) -> list[str]:
        """Return the digests that a manifest names and nobody pushed."""
        parsed = json.loads(manifest)
        named = [parsed.get("config"), *(parsed.get("layers") or [])]
        return [each["digest"] for each in named if each and each["digest"] not in self._blobs]

    def push(self, repository: str, reference: str, content: bytes, media_type: str) -> str:
        """Keep a manifest under a tag or its digest; return the digest."""
        digest = digest_of(content)
        manifests = self._repositories.setdefault(repository, {})
        now = self._clock.now()
        manifest = manifests.setdefault(digest, Manifest(content, media_type, now, now))
        manifest.updated = now
        if reference != digest:
            for other in manifests.values():
                other.tags = [tag for tag in other.tags if tag != reference]
            manifest.tags.append(reference)
        return digest

    def remove(self, repository: str, digest: str) -> bool:
        """Remove a manifest with its tags; return whether there was one. An empty repository is gone."""
        manifests = self._repositories.get(repository, {})
        removed = manifests.pop(digest, None) is not None
        if not manifests:
            self._repositories.pop(repository, None)
        return removed


def digest_of(content: bytes) -> str:
    """Return the digest of a blob or manifest."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
