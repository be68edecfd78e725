"""The yardstick: a bare Flask page, served by the same server."""

from flask import Flask

app = Flask(__name__)


@app.get("/")
@app.get("/health")
def hello() -> str:
    """Answer with next to nothing."""
    return "hello"
