"""The gateway's pages."""

from gateway.views import admin, course, status, usage

BLUEPRINTS = (status.bp, admin.bp, course.bp, usage.bp)
