"""Charts to render, and a cluster of the default sizes with a release of our chart in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.installations import installed
from tests.published.charts import official_chart
from tests.rendering import sandbox_chart

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.installations import Installation

ChartOf = Callable[[str], Path]


# Our charts are as good as they are like the official ones: both are judged by the same tests.
@pytest.fixture(
    scope="session",
    params=[
        pytest.param(sandbox_chart, id="ours"),
        pytest.param(official_chart, id="official", marks=pytest.mark.online),
    ],
)
def chart_of(request: pytest.FixtureRequest) -> ChartOf:
    """Return what finds a chart by its name."""
    found: ChartOf = request.param
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def installation(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Installation]:
    async with installed(tmp_path_factory.mktemp("charts")) as installation:
        yield installation
