"""lti-consumer-xblock as a platform: a small Django site on SQLite, in an environment and process of its own.

    python platform_app.py --port PORT --tool http://localhost:PORT --data FOLDER --course SLUG --module ID --key KEY --secret SECRET

Prints one line of JSON (what Lotse must register) once it is ready to serve. What Open edX itself would bring (course
blocks, users) is replaced by the few stubs below; everything that speaks LTI is the package's own code.

/start?placement=course|module|choice&user=…&role=…  begins a launch; with &choose=1 deep linking, as from the authors' page;
/old?user=…&role=…  is a launch by LTI 1.1, whose outcome service is /outcomes; /gradebook shows what the tool has reported and chosen.
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
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

# One placement with a line item that the platform made, one where the tool has to make its own, and one whose contents are chosen.
PLACEMENTS = {
    "course": ("block-v1:NRW+KI101+2026+type@lti_consumer+block@course", "declarative"),
    "module": ("block-v1:NRW+KI101+2026+type@lti_consumer+block@module", "programmatic"),
    "choice": ("block-v1:NRW+KI101+2026+type@lti_consumer+block@choice", "declarative"),
}
CUSTOM = {"course": {}, "module": {}, "choice": {}}
# Who is in the course, as the roster says: sub, role, name and e-mail.
MEMBERS = [
    ("anna", "student", "Anna Ödegård 🦊", "anna@edx.example"), ("ben", "student", "Ben Klein", "ben@edx.example"),
    ("nie-da", "student", "Nele Nieda", "nele@edx.example"), ("lehrer", "instructor", "Liv Lehrer", "lehrer@edx.example"),
    ("tutorin", "staff", "Tara Tutorin", "tutorin@edx.example"),
]
OLD = SimpleNamespace(key="", secret="", url="", outcomes="", course="", scores={})
USAGE_ID_PATTERN = r"(?P<usage_id>(?:i4x://?[^/]+/[^/]+/[^/]+/[^@]+(?:@[^/]+)?)|(?:[^/]+))"


def configure(own: str, data: Path) -> None:
    """Django's settings, as few as the package needs."""
    settings.configure(
        SECRET_KEY="only for this test", ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF=__name__, USE_TZ=True,
        PLATFORM_NAME="Open edX", LMS_ROOT_URL=own, LTI_BASE=own, LTI_API_BASE=own, USAGE_ID_PATTERN=USAGE_ID_PATTERN,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": data / "platform.sqlite3"}},
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "config_models", "rest_framework", "lti_consumer"],
        OPENEDX_TELEMETRY=[], MIDDLEWARE=[f"{__name__}.signed_in"], LTI_NRPS_DISALLOW_PII=False,
        LOGGING={"version": 1, "disable_existing_loggers": False, "handlers": {"all": {"class": "logging.StreamHandler"}}, "root": {"handlers": ["all"], "level": "WARNING"}},
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    )
    django.setup()


def signed_in(get_response):
    """Middleware: whoever comes is signed in and may write, where this test asks for no more."""
    def middleware(request):
        request.user = SimpleNamespace(id=1, is_authenticated=True)
        return get_response(request)

    return middleware


def stub() -> None:
    """Stand in for the parts of Open edX that hold course blocks, users and their rights: there are none here."""
    from lti_consumer.plugin import compat

    def no_block(location):
        raise ValueError("there is no block behind this link")

    compat.load_enough_xblock = no_block
    compat.load_block_as_user = lambda location: SimpleNamespace(has_score=False, display_name="Lotse")
    compat.user_has_studio_write_access = compat.user_has_access = compat.user_course_access = lambda *_, **__: True
    compat.get_course_by_id = lambda key: key
    compat.get_course_members = lambda course_key: {
        number: {"id": number, "roles": [role], "name": name, "email": email} for number, (_, role, name, email) in enumerate(MEMBERS)
    }
    compat.merge_course_forum_roles = lambda course_key, members: members
    compat.batch_get_or_create_externalids = lambda users: {
        number: SimpleNamespace(external_user_id=member[0]) for number, member in enumerate(MEMBERS)
    }


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
            lti_advantage_enable_nrps=True, lti_advantage_deep_linking_enabled=name == "choice",
            lti_advantage_deep_linking_launch_url=f"{tool}/lti/deep-link",
        )
        known.append({
            "placement": name, "client_id": passport.lti_1p3_client_id, "deployment": "1", "issuer": settings.LTI_API_BASE,
            "auth_url": get_lms_lti_launch_link(), "token_url": get_lms_lti_access_token_link(passport.passport_id),
            "jwks_url": get_lms_lti_keyset_link(passport.passport_id),
        })
    share_names()
    return known


def share_names() -> None:
    """The course lets tools have names and addresses."""
    from lti_consumer.models import CourseAllowPIISharingInLTIFlag
    from opaque_keys.edx.keys import UsageKey

    course = UsageKey.from_string(PLACEMENTS["course"][0]).course_key
    CourseAllowPIISharingInLTIFlag.objects.create(course_id=course, enabled=True)


@require_GET
def start(request):
    """Begin a launch, as the course page of Open edX does."""
    from lti_consumer.api import get_lti_1p3_content_url, get_lti_1p3_launch_start_url
    from lti_consumer.data import Lti1p3LaunchData
    from lti_consumer.models import LtiConfiguration

    location, _ = PLACEMENTS[request.GET["placement"]]
    launch = Lti1p3LaunchData(
        user_id=request.GET["user"], user_role=request.GET["role"], config_id=LtiConfiguration.objects.get(location=location).config_id,
        resource_link_id=location, name=request.GET.get("name"), email=request.GET.get("email"), custom_parameters=CUSTOM[request.GET["placement"]],
        launch_presentation_document_target="window", context_id="course-v1:NRW+KI101+2026", context_type=["course_offering"],
        context_title="KI für alle", context_label="KI101",
    )
    choosing = "choose" in request.GET
    return redirect(get_lti_1p3_launch_start_url(launch, deep_link_launch=True) if choosing else get_lti_1p3_content_url(launch))


@require_GET
def old(request):
    """A launch by LTI 1.1: the page with the signed form."""
    from lti_consumer.lti_1p1.contrib.django import lti_embed

    user = request.GET["user"]
    return HttpResponse(lti_embed(
        html_element_id="old", lti_launch_url=OLD.url, oauth_key=OLD.key, oauth_secret=OLD.secret, resource_link_id="old-block",
        user_id=user, roles=request.GET["role"], context_id="course-v1:NRW+KI101+2026", context_title="KI für alle & mehr", context_label="KI101",
        result_sourcedid=f"course-v1%3ANRW%2BKI101%2B2026:old-block:{user}", outcome_service_url=OLD.outcomes, launch_presentation_locale="de",
        person_contact_email_primary=request.GET.get("email", ""), custom_course=OLD.course,
    ))


@csrf_exempt
@require_POST
def outcomes(request):
    """The package's own outcome service, for a block that keeps what it is told."""
    from lti_consumer.outcomes import OutcomeService

    block = SimpleNamespace(
        accept_grades_past_due=True, is_past_due=lambda: False, get_lti_consumer=lambda: SimpleNamespace(oauth_secret=OLD.secret),
        outcome_service_url=OLD.outcomes, get_lti_1p1_user_from_user_id=lambda user: None if user.startswith("gone") else user,
        max_score=lambda: 1, set_user_module_score=lambda user, score, maximum: OLD.scores.update({user: score}),
    )
    asked = SimpleNamespace(
        body=request.body, headers=request.headers, content_type=request.content_type, method=request.method, url=request.build_absolute_uri(),
    )
    return HttpResponse(OutcomeService(block).handle_request(asked), content_type="application/xml")


@require_GET
def gradebook(request):
    """Line items, scores and chosen contents as the package has stored them."""
    from lti_consumer.models import LtiAgsLineItem, LtiAgsScore, LtiDlContentItem

    fields = ("line_item_id", "user_id", "score_given", "score_maximum", "comment", "activity_progress", "grading_progress", "timestamp")
    return JsonResponse({
        "line_items": list(LtiAgsLineItem.objects.values("id", "label", "score_maximum", "resource_id", "lti_configuration_id")),
        "scores": list(LtiAgsScore.objects.values(*fields)), "old": OLD.scores,
        "chosen": [{"type": item.content_type, **item.attributes} for item in LtiDlContentItem.objects.all()],
    })


urlpatterns = [path("start", start), path("gradebook", gradebook), path("old", old), path("outcomes", outcomes)]


def main() -> None:
    """Set up, say what must be registered, serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--tool", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--course", required=True)
    parser.add_argument("--module", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--secret", required=True)
    given = parser.parse_args()
    OLD.key, OLD.secret, OLD.course = given.key, given.secret, given.course
    OLD.url, OLD.outcomes = f"{given.tool}/lti/1p1/launch", f"http://127.0.0.1:{given.port}/outcomes"
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
