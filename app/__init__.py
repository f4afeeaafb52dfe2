"""The app: Streamlit pages and the Gradio drawing page."""
