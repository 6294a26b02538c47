"""A release that somebody changed who can write everything in it."""

from __future__ import annotations

import hashlib
import json


def contents(folder):
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def manifest_of(folder, change):
    """Sign a spoiled release anew, as someone would who can write everything in it."""
    manifest = json.loads((folder / "release.json").read_text())
    for part in ("model", "policy"):
        files = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(contents(folder / part).items())}
        canonical = json.dumps(files, separators=(",", ":")).encode()
        manifest[part] = {"files": files, "id": hashlib.sha256(canonical).hexdigest()}
    change(manifest)
    (folder / "release.json").write_text(json.dumps(manifest))


def signed_anew(folder):
    manifest_of(folder, lambda manifest: None)
    return folder
