"""What a record says is shown in the Dagster UI and does nothing there."""

from aha_pipeline.assets.markdown import table


def test_names_from_the_crm_are_text():
    hostile = "![x](http://evil.example/p.png) <img src=x> [a](javascript:b)\n| `c`"
    shown = table([{"id": "1", "name": hostile}], "none").splitlines()
    assert len(shown) == 3
    as_text = r"\!\[x\](http\:" "\u2060" r"//evil.example/p.png) \<img src=x\>"
    assert f"{as_text} \\[a\\](javascript\\:b) \\| \\`c\\`" in shown[2]


def test_nothing_is_said_so():
    assert table([], "none") == "none"
