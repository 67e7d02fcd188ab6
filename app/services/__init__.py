"""Use cases, the verbs of the user. No streamlit: whatever a page can do, a notebook can do."""
