"""What the labels cost, and what that bought."""

import streamlit as st

from app import state
from app.components.cost_panel import cost_panel, event_download, phi_panel

st.title("Cost")
bought, paid = st.columns([3, 2], gap="large")
with bought:
    st.markdown("##### mAP bought by annotation time")
    cost_panel(state.project())
with paid:
    st.markdown("##### Annotation time per second of video, by level")
    phi_panel(state.project())
    event_download(state.project())
