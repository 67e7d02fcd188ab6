"""WTAL Studio: the script Streamlit reruns for every page, and the one web process that serves it and our routes."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # `streamlit run` puts app/ on the path, not the root

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from app import server, state
from app.components.frame import frame
from app.components.identity import ask_name

ICON = Path(__file__).parent / "components" / "icon.svg"
PAGES = (
    ("library", "Library", ":material/video_library:"),
    ("annotate", "Annotate", ":material/edit_note:"),
    ("train", "Train", ":material/model_training:"),
    ("results", "Results", ":material/monitoring:"),
    ("cost", "Cost", ":material/timer:"),
)


def main() -> None:
    """One rerun: who is it, which project, which page."""
    st.set_page_config(page_title="WTAL Studio", page_icon=ICON, layout="wide", initial_sidebar_state=208)
    st.html(Path(__file__).parent / "components" / "studio.css")
    is_known = state.annotator() is not None
    page = st.navigation(
        [
            st.Page(_to_library, title="WTAL Studio", default=True, visibility="hidden"),
            *(st.Page(f"pages/{name}.py", title=title, icon=icon, url_path=name) for name, title, icon in PAGES),
        ],
        position="sidebar" if is_known else "hidden",
    )
    if not is_known:
        ask_name()  # under the address asked for, which is where the name given leads
        return
    if not page.url_path:
        page.run()
    if page.url_path != "annotate":
        state.choices().is_annotating = False  # on Annotate that page says so itself
    if frame(page.url_path):
        page.run()


def _to_library() -> None:
    """Streamlit's default page, which bears no name and so is none of ours; the server leads from there as well."""
    st.switch_page("pages/library.py", query_params=st.query_params.to_dict())


if __name__ == "__main__":  # a rerun by Streamlit, or AppTest
    main()
else:  # imported once, by the server
    # A folder named `pages` is Streamlit's mark of an older kind of app: a first visit to /annotate would run that page
    # alone, without this script's frame, until st.navigation has run once. It reads this switch before it looks.
    PagesManager.uses_pages_directory = False
    app = st.App(__file__, routes=server.routes(), middleware=server.middleware(), lifespan=server.lifespan)
