"""Declares the other names of a setting, so that messages use the name that the reader wrote."""

from __future__ import annotations

NOT_IN_THE_FORM = ""


def camel_case(environment_name: str) -> str:
    """Return the template parameter of an environment variable: AKS_NODE_COUNT -> aksNodeCount."""
    first, *others = environment_name.lower().split("_")
    return first + "".join(word.capitalize() for word in others)


class Aliases:
    """The names of one setting in `config.json`, the form and the command line.

    Attributes:
        paths: dotted paths in config.json, the current one first, then those of earlier releases.
        parameter: template parameter, which the portal shows in its form; None for the environment name
            in camelCase, "" for a setting that the form does not have.
        option: command-line option; None for a setting that only `--set` reaches.
        variables: environment variables of earlier releases.
        secret: whether the value must never be shown.

    """

    def __init__(
        self,
        *paths: str,
        parameter: str | None = None,
        option: str | None = None,
        variables: tuple[str, ...] = (),
        secret: bool = False,
    ) -> None:
        self.paths = paths
        self.parameter = parameter
        self.option = option
        self.variables = variables
        self.secret = secret

    def in_the_form(self, field: str) -> str:
        """Return the template parameter of `field`; "" when there is none."""
        return camel_case(field) if self.parameter is None else self.parameter

    def on_the_command_line(self, field: str) -> str:
        """Return the option that sets `field`."""
        return self.option or f"--set {field.upper()}"

    def in_the_environment(self, field: str) -> str:
        """Return the variable that sets `field`, followed by its name in the form."""
        parameter = self.in_the_form(field)
        return f"{field.upper()} ({parameter} in the form)" if parameter else field.upper()
