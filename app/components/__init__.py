"""Streamlit components: the annotator, job status, label palette."""
