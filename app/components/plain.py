"""Any text inside Streamlit's Markdown, as it was typed."""

from __future__ import annotations

import re

JOINER = "\u2060"
"""A word joiner: has no width and breaks no line."""

_JOINED = re.compile(
    r"(?<=:)(?=[\w+/-])"  # :red[...], :star:, http://
    r"|(?<=www)(?=\.)|(?<=\S)(?=@\w)"  # addresses
    r"|(?<!\S)(?=(?:<?->|<-|--|[<>~]=)(?!\S))"  # would become an arrow, a dash, a sign
    r"|^(?=[-+>]|\d+[.)])",  # would begin a list or a quotation
    re.IGNORECASE,
)
"""Where a joiner goes. Streamlit looks for most of these in the text that is left once escapes have been read, so that
a backslash would not keep them."""

_MARKS = re.compile(r"[\\`*_\[\]<~$|#&]")
"""Characters that mean something to Markdown anywhere."""


def plain(text: str) -> str:
    """Text of a file or a person that shows as typed in ``st.markdown``, ``st.caption``, ``st.error`` and their like.

    Blanks and line ends become single spaces, as a browser shows them anyway: a line of its own could be a heading.
    """
    return _MARKS.sub(r"\\\g<0>", _JOINED.sub(JOINER, " ".join(text.split())))
