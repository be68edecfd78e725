"""The pages and addresses of the room, by who comes to them."""

from flask import Blueprint

from lti.views import admin, chooser, diagnosis, legacy, people, platform, register, scores, windows

BLUEPRINTS: tuple[Blueprint, ...] = (
    platform.bp, register.bp, admin.bp, chooser.bp, scores.bp, people.bp, windows.bp, diagnosis.bp, legacy.bp,
)
