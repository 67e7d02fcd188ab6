"""The routes of the application alone, on a port of this machine: ``python -m tests.app.edit_server PORT``."""

import sys

import uvicorn
from starlette.applications import Starlette

from app import server


def main() -> None:
    app = Starlette(routes=server.routes(), middleware=server.middleware())
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")


if __name__ == "__main__":
    main()
