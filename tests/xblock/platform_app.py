"""lti-consumer-xblock as a platform: a small Django site on SQLite, in an environment and process of its own.

    python platform_app.py --port PORT --tool http://localhost:PORT --data FOLDER --course SLUG --module ID

Prints one line of JSON (what Lotse must register) once it is ready to serve. What Open edX itself would bring (course
blocks, users) is replaced by the few stubs below; everything that speaks LTI is the package's own code.

/start?placement=course|module&user=…&role=…  begins a launch; /gradebook shows what the tool has reported.
"""

import argparse
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import django
from django.conf import settings
from django.core.management import call_command
from django.core.servers.basehttp import WSGIServer, run
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.shortcuts import redirect
from django.urls import include, path
from django.views.decorators.http import require_GET

# One placement with a line item that the platform made, and one where the tool has to make its own.
PLACEMENTS = {
    "course": ("block-v1:NRW+KI101+2026+type@lti_consumer+block@course", "declarative"),
    "module": ("block-v1:NRW+KI101+2026+type@lti_consumer+block@module", "programmatic"),
}
CUSTOM = {"course": {}, "module": {}}
USAGE_ID_PATTERN = r"(?P<usage_id>(?:i4x://?[^/]+/[^/]+/[^/]+/[^@]+(?:@[^/]+)?)|(?:[^/]+))"


def configure(own: str, data: Path) -> None:
    """Django's settings, as few as the package needs."""
    settings.configure(
        SECRET_KEY="only for this test", ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF=__name__, USE_TZ=True,
        PLATFORM_NAME="Open edX", LMS_ROOT_URL=own, LTI_BASE=own, LTI_API_BASE=own, USAGE_ID_PATTERN=USAGE_ID_PATTERN,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": data / "platform.sqlite3"}},
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "config_models", "rest_framework", "lti_consumer"],
        OPENEDX_TELEMETRY=[],
        LOGGING={"version": 1, "disable_existing_loggers": False, "handlers": {"all": {"class": "logging.StreamHandler"}}, "root": {"handlers": ["all"], "level": "WARNING"}},
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    )
    django.setup()


def stub() -> None:
    """Stand in for the parts of Open edX that hold course blocks: there are none here."""
    from lti_consumer.plugin import compat

    def no_block(location):
        raise ValueError("there is no block behind this link")

    compat.load_enough_xblock = no_block
    compat.load_block_as_user = lambda location: SimpleNamespace(has_score=False)


def register(tool: str) -> list[dict]:
    """Configure the tool for each placement; returns what the tool must know about them."""
    from lti_consumer.models import Lti1p3Passport, LtiConfiguration
    from lti_consumer.utils import get_lms_lti_access_token_link, get_lms_lti_keyset_link, get_lms_lti_launch_link

    known = []
    for name, (location, mode) in PLACEMENTS.items():
        passport = Lti1p3Passport.objects.create(name=name, lti_1p3_tool_keyset_url=f"{tool}/lti/jwks")
        LtiConfiguration.objects.create(
            version=LtiConfiguration.LTI_1P3, config_store=LtiConfiguration.CONFIG_ON_DB, location=location, lti_1p3_passport=passport,
            lti_1p3_oidc_url=f"{tool}/lti/login", lti_1p3_launch_url=f"{tool}/lti/launch", lti_advantage_ags_mode=mode,
        )
        known.append({
            "placement": name, "client_id": passport.lti_1p3_client_id, "deployment": "1", "issuer": settings.LTI_API_BASE,
            "auth_url": get_lms_lti_launch_link(), "token_url": get_lms_lti_access_token_link(passport.passport_id),
            "jwks_url": get_lms_lti_keyset_link(passport.passport_id),
        })
    return known


@require_GET
def start(request):
    """Begin a launch, as the course page of Open edX does."""
    from lti_consumer.api import get_lti_1p3_launch_start_url
    from lti_consumer.data import Lti1p3LaunchData
    from lti_consumer.models import LtiConfiguration

    location, _ = PLACEMENTS[request.GET["placement"]]
    launch = Lti1p3LaunchData(
        user_id=request.GET["user"], user_role=request.GET["role"], config_id=LtiConfiguration.objects.get(location=location).config_id,
        resource_link_id=location, name=request.GET.get("name"), email=request.GET.get("email"), custom_parameters=CUSTOM[request.GET["placement"]],
        launch_presentation_document_target="window", context_id="course-v1:NRW+KI101+2026", context_type=["course_offering"],
        context_title="KI für alle", context_label="KI101",
    )
    return redirect(get_lti_1p3_launch_start_url(launch))


@require_GET
def gradebook(request):
    """Line items and scores as the package has stored them."""
    from lti_consumer.models import LtiAgsLineItem, LtiAgsScore

    fields = ("line_item_id", "user_id", "score_given", "score_maximum", "comment", "activity_progress", "grading_progress", "timestamp")
    return JsonResponse({
        "line_items": list(LtiAgsLineItem.objects.values("id", "label", "score_maximum", "resource_id", "lti_configuration_id")),
        "scores": list(LtiAgsScore.objects.values(*fields)),
    })


urlpatterns = [path("start", start), path("gradebook", gradebook)]


def main() -> None:
    """Set up, say what must be registered, serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--tool", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--course", required=True)
    parser.add_argument("--module", required=True)
    given = parser.parse_args()
    CUSTOM["course"] = {"course": given.course}
    CUSTOM["module"] = {"course": given.course, "module": given.module}
    configure(f"http://127.0.0.1:{given.port}", given.data)
    stub()
    urlpatterns.append(path("api/", include("lti_consumer.plugin.urls")))
    call_command("migrate", verbosity=0)
    known = register(given.tool)

    class Ready(WSGIServer):
        """Speaks up as soon as it listens."""

        def server_activate(self):
            super().server_activate()
            sys.stdout.write(json.dumps(known) + "\n")
            sys.stdout.flush()

    run("127.0.0.1", given.port, get_wsgi_application(), threading=True, server_cls=Ready)


if __name__ == "__main__":
    main()
