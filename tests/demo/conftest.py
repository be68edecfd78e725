from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from flask import Flask

from core.config import Settings
from demo.attacks import Attacks
from demo.lms import create_lms
from tests.demo.servers import Browser, serving
from tests.demo.tool import Tool
from tests.ports import free_port


@dataclass
class World:
    """A stand-in, a small tool, and a browser."""

    lms: Flask
    tool: Tool
    browser: Browser
    platform: str

    @property
    def attacks(self) -> Attacks:
        attacks: Attacks = self.lms.extensions["attacks"]
        return attacks

    def be(self, member: str) -> None:
        self.browser.request("POST", f"{self.platform}/be/{member}")

    def launch(self, activity: str = "1", target: str = "iframe") -> httpx2.Response:
        """From the course to the tool's page, through all steps."""
        page = self.browser.get(f"{self.platform}/launch/{activity}/{target}")
        return self.browser.submit(self.browser.submit(page))


def lms_settings(folder: Path, tool: str, platform: str) -> Settings:
    return Settings.from_env({}, data_dir=str(folder), base_url=tool, demo_lms_url=platform)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    tool_port, lms_port = free_port(), free_port()
    tool, platform = f"http://localhost:{tool_port}", f"http://127.0.0.1:{lms_port}"
    lms = create_lms(lms_settings(tmp_path, tool, platform), attacks=True)
    small = Tool(tool, platform)
    with httpx2.Client(trust_env=False, timeout=30) as http, serving(lms, lms_port), serving(small.app, tool_port):
        yield World(lms, small, Browser(http), platform)
        lms.extensions["attacks"].wake()
