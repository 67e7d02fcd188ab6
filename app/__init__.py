"""The application: everything a person or a process starts."""
