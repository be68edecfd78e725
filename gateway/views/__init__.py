"""The gateway's pages."""

from gateway.views import admin, course, status

BLUEPRINTS = (status.bp, admin.bp, course.bp)
