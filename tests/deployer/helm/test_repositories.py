"""Which repositories a hub builds, and that builds get no token to give away."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.deployer.chart_schemas import validate_binderhub
from tests.deployer.helm.builds import CLASSES, configured, is_built, offered
from tests.deployer.hubs import GITHUB, values_of

if TYPE_CHECKING:
    from pathlib import Path

ID = "8f7c2f0341ef4180b0dbe97f59130756"
TOKEN = "github_pat_canary"
PRIVATE = {
    **GITHUB,
    "github_access_token": TOKEN,
    "private_repositories": True,
    "allowed_repositories": "our-lab/*",
}
ALL_OF_GITHUB = values_of(allowed_repositories="*/*").public

ALLOWED = [
    ("our-lab/*", "gh", "Our-Lab/course/main"),
    ("our-lab/*", "gh", "our-lab/.github/feature/x"),
    ("our-lab/book", "gh", "our-lab/book/v1"),
    ("our.lab/b*", "gh", "our.lab/book/main"),
    ("*/course", "gh", "anyone/course/main"),
    ("^our-lab/(a|b)/", "gh", "our-lab/a/main"),
    ("gitlab.com/group/project", "gl", "group%2Fproject/main"),
    ("https://gitlab.com/group/sub/project.git", "gl", "group%2fsub%2fproject/main"),
    ("gitlab.com/group/*", "gl", "group%2Fproject/main"),
    ("gist.github.com/ada/*", "gist", "ada/0123456789abcdef"),
    ("https://gist.github.com/ada/0123456789abcdef", "gist", "ada/0123456789abcdef/main"),
    ("zenodo:10.5281/zenodo.3242074", "zenodo", "10.5281/zenodo.3242074"),
    ("zenodo:https://doi.org/10.5281/zenodo.*", "zenodo", "10.5281/zenodo.3242074/"),
    ("figshare:10.6084/m9.figshare.9782777", "figshare", "10.6084/m9.figshare.9782777"),
    ("dataverse:10.7910/DVN/*", "dataverse", "10.7910/DVN/TJCLKP"),
    (f"hydroshare:{ID}", "hydroshare", ID),
    (f"hydroshare:https://www.hydroshare.org/resource/{ID}/", "hydroshare", ID),
    (f"hydroshare:{ID}", "hydroshare", f"https%3A%2F%2Fwww.hydroshare.org%2Fresource%2F{ID}"),
    ("hydroshare:*", "hydroshare", ID),
    ("ckan:https://demo.ckan.org/dataset/*", "ckan", "https%3A%2F%2Fdemo.ckan.org%2Fdataset%2Fsample"),
    ("git:https://git.example.org/lab/*", "git", "https%3A%2F%2Fgit.example.org%2Flab%2Fcourse.git/main"),
]
REFUSED = [
    ("our-lab/*", "gh", "our-lab-evil/course/main"),
    ("our-lab/book", "gh", "our-lab/bookshop/v1"),
    ("our.lab/b*", "gh", "ourxlab/book/main"),
    ("*/course", "gh", "anyone/a/course/main"),
    ("our-lab/*", "gh", "our-lab/..%2Fevil%2Fcourse/main"),
    ("our-lab/*", "gh", "our-lab/../evil/course"),
    ("^our-lab/(a|b)/", "gh", "our-lab/c/main"),
    ("our-lab/*", "gl", "our-lab/course/main"),
    ("our-lab/*", "gist", "our-lab/0123456789abcdef"),
    ("*/*", "hydroshare", f"our-lab/course/{ID}"),
    ("our-lab/*", "hydroshare", f"our-lab/course/{ID}"),
    (f"hydroshare:{ID}", "hydroshare", f"{ID[:-1]}0/{ID}"),
    (f"hydroshare:{ID}", "hydroshare", f"{ID}/{ID[:-1]}0"),
    ("gitlab.com/group/*", "gl", "group%2Fsub%2Fproject/main"),
    ("gitlab.com/group/*", "gl", "group%2F..%2Fevil/main"),
    ("gitlab.com/group/*", "gl", "group%2F../evil"),
    ("gitlab.com/group/project", "gh", "gitlab.com/group/project"),
    ("gist.github.com/ada/0123456789abcdef", "gist", "ada/0123456789abcdef0"),
    ("zenodo:10.5281/zenodo.324", "zenodo", "10.5281/zenodo.3242074"),
    ("zenodo:10.5281/zenodo.3242074", "figshare", "10.5281/zenodo.3242074"),
    ("zenodo:10.5281/zenodo.3242074", "gh", "our-lab/course/main"),
    ("git:https://git.example.org/lab/*", "git", "https%3A%2F%2Fgit.example.org.evil.org%2Flab%2Fx/main"),
    ("git:https://git.example.org/lab/*", "git", "https%3A%2F%2Fgit.example.org%2Flab%2F..%2Fevil/main"),
]


@pytest.mark.parametrize(("pattern", "provider", "path"), ALLOWED)
def test_a_pattern_allows_what_it_names(pattern: str, provider: str, path: str) -> None:
    assert is_built(values_of(allowed_repositories=pattern).public, provider, path)


@pytest.mark.parametrize(("pattern", "provider", "path"), REFUSED)
def test_a_pattern_allows_nothing_else(pattern: str, provider: str, path: str) -> None:
    assert not is_built(values_of(allowed_repositories=pattern).public, provider, path)


def test_without_patterns_everything_is_built() -> None:
    values = values_of().public
    assert offered(values) == set(CLASSES)
    assert all(is_built(values, provider, f"anything/at/all/{ID}") for provider in CLASSES)


@given(st.sampled_from(sorted(set(CLASSES) - {"gh"})), st.text(min_size=1))
def test_patterns_for_github_close_all_other_providers(provider: str, path: str) -> None:
    assert not is_built(ALL_OF_GITHUB, provider, path)
    # By the configuration of each class, too, should BinderHub offer it in spite of that.
    assert configured(ALL_OF_GITHUB, provider, "allowed_specs") == ["(?!)"]


def test_the_page_offers_the_providers_of_the_patterns_alone() -> None:
    patterns = "our-lab/*, gitlab.com/group/project, zenodo:10.5281/zenodo.*"
    assert offered(values_of(allowed_repositories=patterns).public) == {"gh", "gl", "zenodo"}
    assert offered(values_of(allowed_repositories="zenodo:10.5281/zenodo.*").public) == {"zenodo"}


@pytest.mark.online
@pytest.mark.parametrize(
    "hub", [{"allowed_repositories": "lab/*, git:https://git.example.org/lab/*"}, PRIVATE]
)
def test_what_may_be_built_is_told_in_values_of_the_charts(hub: dict[str, Any]) -> None:
    validate_binderhub(values_of(**hub).merged())


@pytest.mark.parametrize("hub", [{}, {"github_access_token": TOKEN}, PRIVATE])
@pytest.mark.parametrize("provider", CLASSES)
def test_no_provider_gives_builds_its_token(provider: str, hub: dict[str, Any]) -> None:
    assert configured(values_of(**hub).merged(), provider, "git_credentials") == ""


def test_a_token_serves_the_api_alone() -> None:
    values = values_of(github_access_token=TOKEN).merged()
    assert values["config"]["GitHubRepoProvider"]["access_token"] == TOKEN
    assert "extra_envs" not in values["config"]["KubernetesBuildExecutor"]


def credentials_for(address: str, tmp_path: Path) -> str:
    """Return what Git answers in the build of a private repository, asked for the credentials of a host."""
    values = values_of(**PRIVATE).merged()
    # As in the image of repo2docker, whose own helper answers with an empty line.
    (tmp_path / "gitconfig").write_text('[credential]\n\thelper = "!echo"\n', encoding="utf-8")
    build = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "GIT_CONFIG_SYSTEM": str(tmp_path / "gitconfig"),
        "GIT_TERMINAL_PROMPT": "0",
        **values["config"]["KubernetesBuildExecutor"]["extra_envs"],
    }
    asked = subprocess.run(
        ["git", "credential", "fill"],
        input=f"url={address}\n\n",
        env=build,
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout


def test_builds_of_private_repositories_have_the_token_for_github(tmp_path: Path) -> None:
    assert f"password={TOKEN}\n" in credentials_for("https://github.com/our-lab/course", tmp_path)


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example.org/our-lab/course",
        "https://github.com.evil.example.org/our-lab/course",
        "https://github.com@evil.example.org/our-lab/course",
        "https://evil.github.com/our-lab/course",
        "https://gist.github.com/ada/0123",
        "http://github.com/our-lab/course",
        "https://github.com:8443/our-lab/course",
    ],
)
def test_builds_give_the_token_to_no_other_host(address: str, tmp_path: Path) -> None:
    assert TOKEN not in credentials_for(address, tmp_path)


def test_the_token_is_in_the_secret_layer_alone() -> None:
    values = values_of(**PRIVATE)
    assert TOKEN not in str(values.public)
    assert TOKEN in str(values.secret)
