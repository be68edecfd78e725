"""The gateway's pages."""

from gateway.views import status

BLUEPRINTS = (status.bp,)
