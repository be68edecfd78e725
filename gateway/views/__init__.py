"""The gateway's pages."""

from gateway.views import admin, course, facade, own_tools, status, usage

BLUEPRINTS = (status.bp, admin.bp, course.bp, usage.bp, own_tools.bp, facade.bp)
