"""What is written is true: generated pages, links, commands, settings, decisions, and what may not be committed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from azukari.reference.commands import root
from azukari.reference.environment import VARIABLES, variables_read
from azukari.reference.pages import PAGES

from .files import ROOT, SOURCE, files, name_of

DOCS = ROOT / "docs"
PROSE = [path for path in files(".md") if not name_of(path).startswith(("tests/", "src/"))]
MADE_LATER = ("bench/results/", "deploy/secrets/")
ADRS = sorted((DOCS / "adr").glob("[0-9]*.md"))


# --- generated pages ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_what_the_code_gives(name):
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name](), "run: python -m azukari.reference docs"


# --- decisions ---------------------------------------------------------------------------------------------------------


def test_decisions_are_numbered_without_a_gap():
    assert [int(path.name[:4]) for path in ADRS] == list(range(1, len(ADRS) + 1))


@pytest.mark.parametrize("path", [pytest.param(p, id=p.stem) for p in ADRS])
def test_a_decision_bears_its_number_and_is_listed(path):
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith(f"# {int(path.name[:4])}. ")
    assert f"]({path.name})" in (DOCS / "adr" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", [pytest.param(p, id=p.stem) for p in ADRS])
def test_a_decision_fits_on_a_page(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 60


# --- settings ----------------------------------------------------------------------------------------------------------


def test_every_environment_variable_that_the_code_reads_is_documented():
    page = (DOCS / "reference" / "settings.md").read_text(encoding="utf-8")
    read = {
        name
        for path in files(".py")
        for name in variables_read(path.read_text(encoding="utf-8"))
        if name.startswith("AZUKARI_")
    }
    assert sorted(name for name in read if f"`{name}`" not in page) == []


@pytest.mark.parametrize("name", ["azukari.env.example", "compose.yaml", "Containerfile"])
def test_deployment_files_set_only_variables_that_exist(name):
    text = (ROOT / "deploy" / name).read_text(encoding="utf-8")
    assert sorted(set(re.findall(r"\bAZUKARI_[A-Z_]+", text)) - set(VARIABLES)) == []


# --- links and places --------------------------------------------------------------------------------------------------


def links(text: str) -> list[str]:
    return re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)|(?:src|href)=\"([^\"#]+)\"", text)


@pytest.mark.parametrize("path", [pytest.param(p, id=name_of(p)) for p in PROSE])
def test_every_link_leads_somewhere(path):
    targets = [a or b for a, b in links(path.read_text(encoding="utf-8"))]
    local = [t for t in targets if not t.startswith(("http://", "https://"))]
    assert [t for t in local if not (path.parent / t).exists()] == []


@pytest.mark.parametrize("path", [pytest.param(p, id=name_of(p)) for p in PROSE])
def test_every_file_of_this_project_that_is_named_exists(path):
    named = re.findall(r"`((?:src|tests|docs|deploy|script|bench)/[\w./-]+)`", path.read_text(encoding="utf-8"))
    assert [name for name in named if not name.startswith(MADE_LATER) and not (ROOT / name).exists()] == []


def test_every_place_in_the_glossary_exists():
    rows = [row for row in (ROOT / "GLOSSARY.md").read_text(encoding="utf-8").splitlines() if row.startswith("| ")][2:]
    places = [place for row in rows for place in re.findall(r"`([^`]+)`", row.split("|")[4])]
    assert len(places) >= len(rows)
    assert [place for place in places if not (SOURCE / place).exists()] == []


def test_the_first_screen_says_what_this_is_and_how_to_see_it():
    for name in ("README.md", "README.ja.md"):
        screen = "\n".join((ROOT / name).read_text(encoding="utf-8").splitlines()[:40])
        assert "docs/pictures/flow-screening.svg" in screen
        assert "script/demo" in screen
        assert "script/test" in screen


# --- commands ----------------------------------------------------------------------------------------------------------


CALL = re.compile(r"(?:[A-Z_]+=\S+ )*(?:\S*/)?azukari [a-z…]")


def quoted_commands(text: str) -> Iterator[str]:
    """Lines of fenced blocks and inline code that call ``azukari``, continued lines joined."""
    text = text.replace("\\\n", " ")
    fenced = re.findall(r"^ *```[a-z]*\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    inline = re.findall(r"`(azukari [^`\n]+)`", re.sub(r"^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE))
    for line in [*"\n".join(fenced).splitlines(), *inline]:
        if CALL.match(line.strip()):
            yield line.strip()


def words_after_azukari(line: str) -> list[str]:
    words = shlex.split(re.split(r"\s[|>]\s|\s&&\s|\s2>", line)[0], comments=True)
    start = next(n for n, word in enumerate(words) if word.rsplit("/", 1)[-1] == "azukari")
    return words[start + 1 :]


@cache
def commands() -> click.Group:
    return root()


def problems_of(line: str, *, whole: bool) -> list[str]:
    """What is wrong with a quoted command; ``whole``: it has to work as it stands, not only exist."""
    words, command, path = words_after_azukari(line), commands(), ["azukari"]
    while isinstance(command, click.Group) and words and not words[0].startswith(("-", "…")):
        if words[0] not in command.commands:
            return [f"no command {' '.join([*path, words[0]])}"]
        command, path = command.commands[words[0]], [*path, words.pop(0)]
    context = click.Context(command, info_name=path[-1])
    known = {name for p in command.get_params(context) for name in (*p.opts, *p.secondary_opts)}
    unknown = [w for w in words if w.startswith("--") and w.split("=")[0] not in known]
    if unknown or not whole or isinstance(command, click.Group):
        return [f"{' '.join(path)}: no option {w}" for w in unknown]
    given, left, _ = command.make_parser(context).parse_args(list(words))
    problems = [f"{' '.join(path)}: too much: {left}"] if left else []
    for param in command.params:
        value = given.get(param.name or "")
        missing = param.name not in given or value is None or str(value).startswith("Sentinel")
        if missing and param.required:
            problems.append(f"{' '.join(path)}: {param.name} is missing")
        if not missing and isinstance(param.type, click.Choice | click.DateTime | click.types.IntParamType):
            for one in value if isinstance(value, list | tuple) else [value]:
                try:
                    param.type.convert(one, param, context)
                except click.BadParameter as error:
                    problems.append(f"{' '.join(path)}: {param.name}: {error.message}")
    return problems


@pytest.mark.parametrize("path", [pytest.param(p, id=name_of(p)) for p in PROSE if "reference/" not in name_of(p)])
def test_every_command_in_the_docs_exists(path):
    text = path.read_text(encoding="utf-8")
    assert [p for line in quoted_commands(text) for p in problems_of(line, whole=False)] == []


@pytest.mark.parametrize("path", [pytest.param(p, id=p.stem) for p in sorted((DOCS / "howto").glob("[a-z]*.md"))])
def test_every_command_in_a_howto_can_be_typed_as_it_stands(path):
    text = path.read_text(encoding="utf-8")
    fenced = re.findall(r"^ *```[a-z]*\n.*?^ *```", text, re.DOTALL | re.MULTILINE)
    lines = [line for block in fenced for line in quoted_commands(block)]
    assert lines
    assert [p for line in lines for p in problems_of(line, whole=True)] == []


def test_every_command_that_a_message_recommends_exists():
    wrong = []
    for path in files(".py", below=SOURCE):
        for words in re.findall(r"azukari ((?:[a-z][a-z-]+ ?){1,2})", path.read_text(encoding="utf-8")):
            first = words.split()
            if first[0] in commands().commands:
                wrong += [(name_of(path), p) for p in problems_of("azukari " + " ".join(first), whole=False)]
    assert wrong == []


def test_the_systemd_units_and_scripts_call_commands_that_exist():
    lines = [
        (line.partition("ExecStart=")[2] or line).replace("%i", "ward")
        for path in files(".service", ".sh", ".sql", ".yaml", below=ROOT / "deploy")
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"(^|ExecStart=/\S+/|--   )azukari (?!is )[a-z]", line)
    ]
    assert len(lines) >= 8
    assert [p for line in lines for p in problems_of(line.removeprefix("--   "), whole=True)] == []


# --- what may not be committed -----------------------------------------------------------------------------------------

TEXTS = [
    p for p in files() if p.suffix not in {".png", ".jpg", ".pdf", ".mo", ".woff2", ".ttf", ".sqlite3", ".zip", ".age"}
]
HARMLESS_HOSTS = re.compile(r"@(?:[\w-]+\.)*(?:example(?:\.[a-z.]+)?|invalid|test|localhost)\b")


def found(pattern: str, *, but: str = r"(?!)") -> list[str]:
    search, ignore = re.compile(pattern), re.compile(but)
    return [
        f"{name_of(path)}:{n}"
        for path in TEXTS
        if path != Path(__file__)
        for n, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if search.search(line) and not ignore.search(line)
    ]


def test_no_file_names_a_source_of_packages():
    assert found(r"--(extra-)?index-url|--find-links|--trusted-host|PIP_INDEX|pypi\.|files\.pythonhosted") == []


def test_no_file_names_a_path_of_a_machine():
    assert found(r"(?<![\w.])/(?:home|root|Users|work|farm)/[\w.-]+") == []


def test_no_file_holds_a_mail_address():
    assert found(r"\b[\w.+-]+@[\w-]+\.[a-z]{2,}\b", but=HARMLESS_HOSTS.pattern) == []


def test_no_file_holds_a_secret():
    assert (
        found(r"-----BEGIN [A-Z ]*PRIVATE KEY|AGE-SECRET-KEY-1[A-Z0-9]{20}|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_\w{30}")
        == []
    )


def test_the_licence_is_the_one_that_the_package_names():
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert 'license = "Apache-2.0"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
