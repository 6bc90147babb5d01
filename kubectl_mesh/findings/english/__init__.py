"""The catalog in English, a file a subject: the results of each code and its texts side by side.

A file holds CODES (code -> Entry) and what only some of them need: PHRASES, parts of an advice that
several codes share, and PARTS, parts of a message that depend on what was found.

Another language is a package of the same files beside this one (`findings/chinese/remote.py`). Its
CODES hold the texts alone (title, message, explanation, advice): levels stand here, and only here.
"""

from __future__ import annotations

from kubectl_mesh.findings.english import (
    control_planes,
    gateway_services,
    gateways,
    labels,
    load_balancers,
    reading,
    remote,
    remote_addresses,
    whole_mesh,
)

# The order of docs/findings.md.
CODES = {
    **remote_addresses.CODES,
    **remote.CODES,
    **control_planes.CODES,
    **whole_mesh.CODES,
    **gateways.CODES,
    **gateway_services.CODES,
    **load_balancers.CODES,
    **reading.CODES,
}
PHRASES = {
    **remote_addresses.PHRASES,
    **control_planes.PHRASES,
    **gateway_services.PHRASES,
    **labels.PHRASES,
}
PARTS = {
    **remote_addresses.PARTS,
    **remote.PARTS,
    **control_planes.PARTS,
    **whole_mesh.PARTS,
    **gateways.PARTS,
    **gateway_services.PARTS,
    **load_balancers.PARTS,
    **reading.PARTS,
}
LABELS = labels.LABELS
