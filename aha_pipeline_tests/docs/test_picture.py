"""The picture of the architecture in a browser: every text in its box, legible in both modes."""

import pytest

from aha_pipeline_tests.kit.pages import ROOT

PICTURE = ROOT / "docs" / "architecture.svg"
OVERFLOWING = """() => [...document.querySelectorAll('g')].flatMap(group => {
  const box = group.querySelector('rect').getBBox()
  return [...group.querySelectorAll('text')].filter(text => {
    const t = text.getBBox()
    return t.x < box.x || t.x + t.width > box.x + box.width || t.y + t.height > box.y + box.height
  }).map(text => text.textContent)
})"""
COLOURS = """() => {
  const of = (query, name) => getComputedStyle(document.querySelector(query))[name]
  return [of('.name', 'fill'), of('.soft', 'fill'), of('.box', 'fill')]
}"""


def luminance(colour: str) -> float:
    """Of `rgb(1, 2, 3)`, as the accessibility guidelines define it."""
    parts = [int(part) / 255 for part in colour[4:-1].split(",")]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_is_in_its_box_and_stands_out(chromium, scheme):
    page = chromium.new_page(color_scheme=scheme, viewport={"width": 1100, "height": 760})
    page.goto(PICTURE.as_uri())
    assert page.evaluate(OVERFLOWING) == []
    name, soft, box = map(luminance, page.evaluate(COLOURS))
    assert (box > 0.5) == (scheme == "light")
    for text in (name, soft):
        light, dark = max(text, box), min(text, box)
        assert (light + 0.05) / (dark + 0.05) > 4.5
    page.close()
