"""What the tests of the template language share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.azure.resource_manager.providers.deployments.evaluation import Scope, evaluate
from tests.template_click import CONTEXT

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def evaluated() -> Callable[..., Any]:
    """Evaluate an expression, given without its brackets."""

    def evaluated(expression: str, **scope: Any) -> Any:
        return evaluate(f"[{expression}]", Scope(CONTEXT, **scope))

    return evaluated
