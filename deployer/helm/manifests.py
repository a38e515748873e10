"""Reads what helm has stored of a release, and the objects in it.

`helm status` tells the same, but asks the cluster for each of the objects first, which takes five times as
long. YAML is read with libyaml, which PyYAML brings along: the definitions of cert-manager alone have 30,000
lines, and Python takes two seconds to read them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SUCCEEDED = "Succeeded"
REMOVED_WHEN_DONE = "hook-succeeded"

# For `helm get all --template`. What Go quotes with %q is text in YAML, too. The values are printed here as
# well, type by type, because a second start of helm, for `helm get values`, takes as long as the first.
STORED_RELEASE = """\
{{ define "value" -}}
{{ $type := printf "%T" . -}}
{{ if eq $type "map[string]interface {}" -}}
{ {{- range $key, $value := . }} {{ printf "%q" $key }} : {{ template "value" $value }}, {{- end -}} }
{{- else if eq $type "[]interface {}" -}}
[ {{- range . }} {{ template "value" . }}, {{- end -}} ]
{{- else if eq $type "string" }} {{- printf "%q" . }}
{{- else if eq $type "float64" }} {{- printf "!number %.17g" . }}
{{- else if eq $type "bool" }} {{- . }}
{{- else }} {{- "null" }}
{{- end }}
{{- end }}
{{ with .Release -}}
status: {{ .Info.Status }}
revision: {{ .Version }}
chart: {{ printf "%q" (printf "%s-%s" .Chart.Metadata.Name .Chart.Metadata.Version) }}
values: {{ template "value" .Config }}
manifest: {{ printf "%q" .Manifest }}
hooks:
{{- range .Hooks }}
- kind: {{ printf "%q" .Kind }}
  phase: {{ printf "%q" .LastRun.Phase }}
  delete_policies: [{{ range .DeletePolicies }}{{ printf "%q" . }}, {{ end }}]
  manifest: {{ printf "%q" .Manifest }}
{{- end }}
{{ end }}"""


class _Loader(yaml.CSafeLoader):
    """Reads `=` as text, as helm does; YAML 1.1 has a type of its own for it, which nobody uses."""


def _text(loader: yaml.CSafeLoader, node: Any) -> Any:
    return loader.construct_scalar(node)


def _number(loader: yaml.CSafeLoader, node: Any) -> float:
    """Return a number of JSON, whose digits helm does not keep, whole where it is."""
    number = float(_text(loader, node))
    return int(number) if number.is_integer() else number


_Loader.add_constructor("tag:yaml.org,2002:value", _text)
_Loader.add_constructor("!number", _number)


def objects_in(manifest: str | bytes) -> list[dict[str, Any]]:
    """Return the objects in the manifest of a release, or in what else helm prints as YAML."""
    return [each for each in yaml.load_all(manifest, Loader=_Loader) if each]


def lasting_hooks(hooks: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the objects that hooks made and that helm does not remove again; no manifest has them.

    Jobs and pods that have ended may be removed by the cluster, too.

    Args:
        hooks: of a release, as `STORED_RELEASE` prints them.

    """
    return [
        each
        for hook in hooks
        if hook["phase"] == SUCCEEDED
        and REMOVED_WHEN_DONE not in hook["delete_policies"]
        and hook["kind"] not in {"Job", "Pod"}
        for each in objects_in(hook["manifest"])
    ]
