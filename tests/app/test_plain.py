"""Text of files and people in Streamlit's Markdown; ``tests/browser/test_plain.py`` looks at it in a browser."""

import pytest

from app.components.plain import JOINER, plain


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("*star* $x^2$ `c`", r"\*star\* \$x^2\$ \`c\`"),
        ("[l](http://e.com)", rf"\[l\](http:{JOINER}//e.com)"),
        (":red[hi] :star: :material/star:", rf":{JOINER}red\[hi\] :{JOINER}star: :{JOINER}material/star:"),
        ("www.e.com me@e.com", f"www{JOINER}.e.com me{JOINER}@e.com"),
        ("a -> b", f"a {JOINER}-> b"),
        ("- one", f"{JOINER}- one"),
        ("1. one", f"{JOINER}1. one"),
        ("# one", r"\# one"),
        ("one\n# two", r"one \# two"),
        ("<b>&amp;", r"\<b>\&amp;"),
        ("C:\\new", "C:\\\\new"),
    ],
)
def test_nothing_that_was_typed_is_left_to_markdown(typed, written):
    assert plain(typed) == written


@pytest.mark.parametrize("said", ["clip.mp4: no picture can be read", "run 3 (of 7), 12.5 s", "a-b, c + d = e!"])
def test_an_ordinary_sentence_stays_as_it_is(said):
    assert plain(said) == said
