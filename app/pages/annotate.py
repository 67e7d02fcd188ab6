"""Label a video: player and timeline are one component; this page only says which video."""

import streamlit as st

from app import state
from app.components.annotator import annotator
from app.components.video_chooser import chosen_video, follow

above = st.container()  # all that comes and goes stands in here: below it, the player survives every rerun
with above:
    video = chosen_video()
state.choices().is_annotating = video is not None
if video is not None:
    follow(annotator(video, key=f"annotator-{state.choices().project}").video)
