"""`-o json` and `-o yaml`: the report as one document, in the form of `report.schema.json`."""

from __future__ import annotations

import json

from kubectl_mesh.findings.model import Report
from kubectl_mesh.output import Style


def as_json(report: Report, _: Style) -> str:
    """The report as a JSON object."""
    return json.dumps(report.as_dict(), indent=2, ensure_ascii=False) + "\n"


def as_yaml(report: Report, _: Style) -> str:
    """The report as a YAML document."""
    import yaml  # only this form needs it

    return str(yaml.safe_dump(report.as_dict(), sort_keys=False, allow_unicode=True, width=100))
