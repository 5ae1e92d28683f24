# SPDX-License-Identifier: MIT
"""The pages against the tree: each link leads somewhere, each file and command that they name exists."""

import pathlib
import re
import subprocess
from xml.etree import ElementTree

import pytest
from conftest import ROOT

PAGES = ["README.md", "README.ko.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"]
# Pages in Korean, and what each is a translation of.
KOREAN = {"README.ko.md": "README.md"}
KOREAN |= {f"docs/{path.name}": f"docs/{path.name.replace('.ko.', '.')}" for path in sorted((ROOT / "docs").glob("*.ko.md"))}
PAGES += sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md"))
SOURCE_SUFFIXES = (".c", ".h", ".ts", ".py", ".sh", ".build", ".md", ".scd", ".example")
# Folders of the tree; build/ is made, and its files are no part of it.
FOLDERS = ("hal", "config", "daemon", "tosctl", "page", "tests", "docs", "systemd", "debian", "run.d", ".ci")


def text_of(page):
    return (ROOT / page).read_text(encoding="utf-8")


def anchors(text):
    """As the usual renderers make them of headings."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead_links(page):
    for link in re.findall(r"\]\(([^)]+)\)", text_of(page)):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (ROOT / page).parent / name if name else ROOT / page
        if not target.exists() or anchor and anchor not in anchors(target.read_text(encoding="utf-8")):
            yield link


def code(text):
    """Yields the text between backticks, and the words of indented lines."""
    fenceless = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    yield from re.findall(r"`([^`\n]+)`", fenceless)
    for line in re.findall(r"^    (.+)$", fenceless, re.MULTILINE):
        yield from line.partition(" # ")[0].split()


def missing_paths(page):
    for word in code(text_of(page)):
        if not re.fullmatch(r"[\w./-]+", word):
            continue  # a pattern, a topic's "<name>", a command with arguments
        if word.split("/")[0] in FOLDERS:
            if not (ROOT / word).exists():
                yield word
        elif "/" not in word and word.endswith(SOURCE_SUFFIXES):
            if not any(next((ROOT / folder).rglob(word), None) for folder in FOLDERS) and not (ROOT / word).exists():
                yield word


def commands(page):
    """The lines of its indented blocks, without what explains them."""
    fenceless = re.sub(r"^```.*?^```", "", text_of(page), flags=re.MULTILINE | re.DOTALL)
    return [line.partition(" # ")[0].strip() for line in re.findall(r"^    (.+)$", fenceless, re.MULTILINE)]


@pytest.mark.parametrize("page", PAGES)
def test_each_link_leads_somewhere(page):
    assert list(dead_links(page)) == []


@pytest.mark.parametrize("page", PAGES)
def test_each_file_that_is_named_exists(page):
    assert list(missing_paths(page)) == []


@pytest.mark.parametrize("page", PAGES)
def test_each_command_of_run_exists(page):
    usage = subprocess.run([ROOT / "run", "help"], capture_output=True, text=True, check=True).stdout
    known = {name for names in re.findall(r"\./run ([\w|]+)", usage) for name in names.split("|")}
    assert known > {"demo", "test", "check", "help"}
    assert set(re.findall(r"(?<![\w.])\./run ([a-z]\w*)", "\n".join([*code(text_of(page)), *commands(page)]))) <= known


def test_the_first_commands_are_the_two():
    assert commands("README.md")[:2] == ["./run demo", "./run test"]


def without_remarks(text):
    """A block without its comments, which each language has in its own words."""
    return [re.sub(r"\s+# .*", "", line).rstrip() for line in text.splitlines() if line.strip()]


def shape(page):
    """Returns what a page must share with its translation."""
    text = text_of(page)
    tables = [len(table.splitlines()) for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)]
    other = pathlib.Path(page).name.replace(".ko.", ".") if ".ko." in page else pathlib.Path(page).name.replace(".md", ".ko.md")
    links = {link.replace(".ko.md", ".md") for link in re.findall(r"\]\(([^)#]+)\)", text) if link != other}
    return {
        "headings": re.findall(r"^#+(?= )", text, re.MULTILINE),
        "commands": without_remarks("\n".join(re.findall(r"^    .+$", text, re.MULTILINE))),
        "fences": [without_remarks(fence) for fence in re.findall(r"^```.*?^```", text, re.MULTILINE | re.DOTALL)],
        "tables": tables,
        "links": links,
        "bold": len(re.findall(r"^(?:- )?\*\*", text, re.MULTILINE)),
    }


@pytest.mark.parametrize("korean, english", KOREAN.items())
def test_the_korean_pages_keep_step(korean, english):
    assert shape(korean) == shape(english)


def test_each_page_is_reached_from_the_readme():
    linked = {link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text_of("README.md"))}
    in_korean = {link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text_of("README.ko.md"))}
    assert {page for page in PAGES if page not in KOREAN and page != "README.md"} <= linked
    assert {page for page in KOREAN if page != "README.ko.md"} <= in_korean


@pytest.mark.parametrize("page", ["README.md", "docs/device-map.md", "docs/coming-from.md", "docs/tutorial.md"])
def test_the_maps_of_a_page_are_good_ones(binary, folder, page):
    """Readers copy them."""
    maps = re.findall(r"^```yaml\n(.*?)^```", text_of(page), re.MULTILINE | re.DOTALL)
    assert maps
    for text in maps:
        path = folder / "tosd.yaml"
        path.write_text(text, encoding="utf-8")
        checked = subprocess.run([binary, f"--check={path}"], capture_output=True, text=True, check=False)
        assert (checked.returncode, checked.stderr) == (0, ""), text


def test_each_client_of_the_tutorial_is_on_its_page():
    clients = {str(path.relative_to(ROOT)) for path in (ROOT / "tests/integration/tutorial").glob("*.py")}
    assert clients == set(re.findall(r"tests/integration/tutorial/\w+\.py", text_of("docs/tutorial.md")))


def messages():
    """All that the programs can say, with literals that stand one after the other as one."""
    files = [path for folder in ("hal", "config", "daemon") for path in (ROOT / folder).rglob("*.c")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    return re.sub(r'"\s*(?:PRI\w+\s*)?"', "", text)


def test_troubleshooting_quotes_what_is_said():
    rows = re.findall(r"^\| ([^|]+) \|", text_of("docs/troubleshooting.md"), re.MULTILINE)
    pieces = [
        piece.strip(" ;:") for row in rows for quoted in re.findall('"([^"]+)"', row) for piece in quoted.split("…")
    ]
    said = messages()
    named_elsewhere = {"condition unmet", "Connection refused"}  # systemd's words, and the C library's
    missing = [piece for piece in pieces if len(piece) > 3 and piece not in said and piece not in named_elsewhere]
    assert len(pieces) > 40
    assert missing == []


def test_the_version_is_the_same_everywhere():
    version = re.search(r"version: '([\d.]+)'", text_of("meson.build")).group(1)
    assert re.match(r"tos-gateway \(([\d.]+)\)", text_of("debian/changelog")).group(1) == version
    assert re.search(r"^## ([\d.]+)", text_of("CHANGELOG.md"), re.MULTILINE).group(1) == version


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "images").glob("*.svg")), ids=lambda path: path.name)
def test_a_picture_is_small_and_says_what_it_shows(path):
    picture = ElementTree.parse(path).getroot()
    assert path.stat().st_size < 20_000
    assert picture.find("{http://www.w3.org/2000/svg}title").text
