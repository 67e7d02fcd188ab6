"""What a browser makes of text that must show as it was typed."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from app.components.plain import JOINER
from tests.browser.conftest import ROOT, serving

TYPED = (
    "*star* $x^2$ [l](http://e.com) :red[hi] `c`",
    "**b** __u__ ~~s~~ a_b_c $$a$$ $5 and $6",
    ":smile: :material/star: :streamlit: :help[x] :blue-badge[y] é:red[x]",
    "http://e.com/a?b=1&c=2 WWW.e.com me@e.com <http://e.com> mailto:me@e.com",
    "-- -> <- <-> >= <= ~= ---",
    "<b>x</b> &amp; &lt; <!-- c --> ![i](http://e.com/a.png) C:\\new \\* \\",
    "| a | b | [^1] ::leaf :::box",
    *("# head", "- item", "+ item", "1. one", "12) twelve", "> quote", "- [ ] task", "---", "==="),
)
PAGE = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import streamlit as st
from app.components.plain import plain
for typed in {TYPED!r}:
    st.caption(plain(typed))
    st.error(plain(typed))
    st.progress(0.5, text=plain(typed))
"""
MADE = "body => [...body.querySelectorAll('p *, h1, ul, ol, blockquote, hr, table')].map(found => found.outerHTML)"


def test_text_shows_as_it_was_typed(page: Page, environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "page.py").write_text(PAGE, encoding="utf-8")
    with serving(environment, tmp_path / "web.log", script=tmp_path / "page.py") as url:
        page.goto(url)
        shown = page.locator("[data-testid=stMarkdownContainer], [data-testid=stCaptionContainer]")
        expect(shown).to_have_count(3 * len(TYPED), timeout=60_000)
        for index in range(3 * len(TYPED)):
            text = shown.nth(index)
            assert text.inner_text().strip().replace(JOINER, "") == TYPED[index // 3]
            assert text.evaluate(MADE) == []
