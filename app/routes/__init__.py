"""The server's own routes, one module per subject; ``docs/http-api.md`` is their contract."""
