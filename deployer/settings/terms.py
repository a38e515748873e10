"""What a setting is called where people write it: environment, form, config.json, command line."""

from __future__ import annotations

from dataclasses import dataclass

NOT_IN_THE_FORM = ""


def camel_case(environment_name: str) -> str:
    """Return the template parameter of an environment variable: AKS_NODE_COUNT -> aksNodeCount."""
    first, *others = environment_name.lower().split("_")
    return first + "".join(word.capitalize() for word in others)


@dataclass(frozen=True, init=False)
class Terms:
    """Where a setting stands.

    Attributes:
        paths: dotted paths in config.json, the current one first, then those of earlier releases.
        parameter: parameter of the template, which the portal's form shows; None for the environment name
            in camelCase, "" when the form doesn't have it.
        option: option of the command line; None for the one that sets anything, `--set`.
        secret: whether the value must never be shown.

    """

    paths: tuple[str, ...]
    parameter: str | None
    option: str | None
    secret: bool

    def __init__(
        self, *paths: str, parameter: str | None = None, option: str | None = None, secret: bool = False
    ) -> None:
        object.__setattr__(self, "paths", paths)
        object.__setattr__(self, "parameter", parameter)
        object.__setattr__(self, "option", option)
        object.__setattr__(self, "secret", secret)

    def in_the_form(self, field: str) -> str:
        """Return the template parameter of `field`; "" when there is none."""
        return camel_case(field) if self.parameter is None else self.parameter

    def on_the_command_line(self, field: str) -> str:
        """Return the option that sets `field`."""
        return self.option or f"--set {field.upper()}"

    def in_the_environment(self, field: str) -> str:
        """Return the variable that sets `field`, with the form's name for it."""
        parameter = self.in_the_form(field)
        return f"{field.upper()} ({parameter} in the form)" if parameter else field.upper()
