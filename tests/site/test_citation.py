"""CITATION.cff says which licence holds for what, as the package and the README say it."""

from __future__ import annotations

import tomllib

import yaml

from bookkit.reading.contents import ROOT

CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
README = (ROOT / "README.md").read_text("utf-8")


def test_each_part_of_the_work_has_the_one_licence_that_holds_for_it() -> None:
    # A list of licences means "any one of these" in this format, so each part names one.
    code, prose = CITATION["license"], CITATION["preferred-citation"]["license"]
    assert (CITATION["type"], code) == ("software", "MIT")
    assert (CITATION["preferred-citation"]["type"], prose) == ("book", "CC-BY-4.0")
    assert PROJECT["license"] == f"{code} AND {prose}"


def test_the_licences_are_those_of_the_files() -> None:
    assert (ROOT / "LICENSE").read_text("utf-8").startswith("MIT License")
    assert "Attribution 4.0 International" in (ROOT / "LICENSE-prose").read_text(
        "utf-8"
    )
    assert set(PROJECT["license-files"]) == {"LICENSE", "LICENSE-prose"}


def test_the_readme_cites_this_version() -> None:
    version, year = CITATION["version"], CITATION["preferred-citation"]["year"]
    assert version == PROJECT["version"]
    assert f"version {version}, {year}." in README
