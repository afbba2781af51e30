"""The finished page in a browser: axe-core finds nothing, nothing scrolls sideways, nothing is requested, it prints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from kkz_eval.reporting.build import render
from kkz_eval.reporting.downloads import downloads_of
from kkz_eval.reporting.figures import canvas

WIDTHS = (1280, 320)
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
ADDRESS = "http://report.invalid/"  # answered by the test itself


@dataclass
class Visit:
    """A page as the browser shows it, and every address it asked for."""

    page: object
    requested: list[str]


@pytest.fixture(params=WIDTHS)
def visit(request, chromium_browser, page) -> Iterator[Visit]:
    """The report in each language at each width. Every request is answered here: the page itself, or not at all."""
    _, document, _ = page
    html = render(document, downloads_of(document))
    context = chromium_browser.new_context(viewport={"width": request.param, "height": 900})
    requested: list[str] = []

    def answer(route):
        requested.append(route.request.url)
        if route.request.url == ADDRESS:
            route.fulfill(body=html, content_type="text/html; charset=utf-8")
        else:
            route.abort()

    context.route("**/*", answer)
    shown = context.new_page()
    shown.goto(ADDRESS)
    shown.wait_for_load_state("networkidle")
    yield Visit(shown, requested)
    context.close()


def unfold(visit: Visit) -> None:
    visit.page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true })")


def test_axe_finds_no_violation(visit):
    unfold(visit)
    found = Axe().run(visit.page, options=RULES)
    assert found.response["violations"] == [], found.generate_report()
    assert len(found.response["passes"]) > 20
    undecided = [node["target"][0] for rule in found.response["incomplete"] for node in rule["nodes"]]
    # What axe leaves undecided, and where it is decided: words in drawings stand on shapes, of which axe knows no ground (the next test
    # and test_palette); cells beyond the edge of a narrow page are out of its sight (the same cells are seen on a wide one).
    within = "svg" if visit.page.viewport_size["width"] > 320 else "svg, .scroll"
    seen = "([targets, within]) => targets.filter(target => !document.querySelector(target).closest(within))"
    assert visit.page.evaluate(seen, [undecided, within]) == []


def test_words_in_drawings_have_a_colour_whose_contrast_is_known(visit):
    fills = visit.page.evaluate("[...new Set([...document.querySelectorAll('svg text')].map(t => getComputedStyle(t).fill))]")
    palette = {canvas.INK, canvas.QUIET, canvas.TREATED_COLOUR, canvas.REFERENCE_COLOUR, "#ffffff"}
    assert fills
    assert {"#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", fill)[:3]) for fill in fills} <= palette


def test_axe_finds_what_is_wrong(visit):
    visit.page.evaluate("document.querySelector('[role=img]').removeAttribute('aria-label')")
    visit.page.evaluate("document.querySelector('h1').style.color = '#ccc'")
    found = {violation["id"] for violation in Axe().run(visit.page, options=RULES).response["violations"]}
    assert {"role-img-alt", "color-contrast"} <= found


def test_the_page_does_not_scroll_sideways(visit):
    width, room = visit.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert width <= room


def test_nothing_but_the_page_is_requested(visit):
    assert [url for url in visit.requested if not url.endswith("/favicon.ico")] == [ADDRESS]


def test_one_drawing_of_each_figure_is_seen_and_fits(visit):
    unfold(visit)
    drawings = visit.page.locator("[role=img]").all()
    assert len(drawings) > 8
    for drawing in drawings:
        (seen,) = [svg for svg in drawing.locator("svg").all() if svg.is_visible()]
        box = seen.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= visit.page.viewport_size["width"]


def test_words_in_figures_are_legible(visit):
    heights = visit.page.evaluate(
        "[...document.querySelectorAll('svg text')].map(t => t.getBoundingClientRect().height).filter(h => h > 0)"
    )
    assert len(heights) > 50
    assert min(heights) >= 10


def test_keyboard_reaches_the_skip_link_first(visit):
    visit.page.keyboard.press("Tab")
    assert visit.page.evaluate("document.activeElement.getAttribute('href')") == "#content"


def test_the_page_prints(visit):
    visit.page.emulate_media(media="print")
    assert not visit.page.locator("nav").is_visible()
    assert visit.page.locator("main h2").first.is_visible()
    document = visit.page.pdf(prefer_css_page_size=True)
    assert document.startswith(b"%PDF")
    assert document.count(b"/Type /Page\n") >= 3


def test_what_is_folded_opens_by_a_link_into_it_and_by_the_keyboard(visit):
    fold = "document.getElementById('glossary').closest('details')"
    assert visit.page.evaluate(f"{fold}.open") is False
    visit.page.evaluate("location.hash = 'glossary'")
    visit.page.wait_for_function(f"{fold}.open")
    visit.page.evaluate(f"{fold}.querySelector('summary').focus()")
    visit.page.keyboard.press("Enter")
    assert visit.page.evaluate(f"{fold}.open") is False
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.press("Shift+Tab")
    visit.page.keyboard.press("Space")
    assert visit.page.evaluate(f"{fold}.open") is True


def test_what_is_folded_says_how_much_is_in_it_and_is_printed(visit):
    extents = visit.page.locator("summary .extent").all_inner_texts()
    assert extents
    assert all(extents)
    assert not visit.page.locator("#glossary-table").is_visible()
    visit.page.emulate_media(media="print")
    assert visit.page.locator("#glossary-table").is_visible()


def test_the_keyboard_walks_through_contents_folds_and_tables_in_the_order_of_the_page(visit):
    unfold(visit)
    reachable = "a[href], summary, [tabindex='0']"
    ahead = visit.page.evaluate(f'[...document.querySelectorAll("{reachable}")].length')
    walked: list[tuple[int, str]] = []
    for _ in range(ahead):
        visit.page.keyboard.press("Tab")
        walked.append(
            tuple(
                visit.page.evaluate(
                    f'(() => {{ const e = document.activeElement; const all = [...document.querySelectorAll("{reachable}")];'
                    " return [all.indexOf(e), e.closest('nav') ? 'contents' : e.matches('.scroll') ? 'table' : e.tagName] })()"
                )
            )
        )
    assert [place for place, _ in walked] == list(range(ahead))
    assert {"contents", "table", "SUMMARY"} <= {kind for _, kind in walked}


EXAMPLE = (
    Path(__file__).parents[2] / "docs" / "examples" / "bericht.html"
)  # of the model world: four primary outcomes and all figures
TALLEST = 11_500  # pixels of it at the width of a laptop; whoever opens nothing must come to the end


def test_a_whole_report_is_read_to_its_end_when_folded(chromium_browser):
    shown = chromium_browser.new_page(viewport={"width": 1280, "height": 900})
    shown.goto(EXAMPLE.as_uri())
    folded, unfolded = (
        shown.evaluate(
            f"document.querySelectorAll('details').forEach(fold => {{ fold.open = {state} }});"
            " document.documentElement.scrollHeight"
        )
        for state in ("false", "true")
    )
    shown.close()
    assert folded < TALLEST < unfolded
