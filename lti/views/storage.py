"""A browser without cookies, in a frame of a platform that keeps values for its tools.

LTI OIDC Login with LTI Client Side postMessages 1.0, section 2: only where the platform has sent `lti_storage_target`. What binds
a login to the browser is then kept by the platform's page in place of a cookie, and asked back at the launch. It proves the
launch, but no later request: so the launch goes on in a window of its own, where cookies work.
"""

from collections.abc import Mapping

from flask import g, render_template, request, url_for

from lti.addresses import origin_of
from lti.models import Platform
from lti.service import launches, windows
from lti.service.login import Login
from lti.views.arrivals import first_page, is_secret, sent_by_lotse

TARGET = "lti_storage_target"
KEPT = "kept"


def offered(initiation: Mapping[str, str]) -> bool:
    """Whether the platform keeps values for tools. Without its word nothing takes the place of the cookie."""
    return bool(initiation.get(TARGET))


def brought(initiation: Mapping[str, str]) -> str | None:
    """The secret that the platform's page has given back.

    Another site could send its own user's launch with the secret along, so that a person would go on as somebody else: hence
    it counts only from Lotse's own page, which has asked for it in this very frame.
    """
    secret = request.form.get(KEPT, "")
    return secret if offered(initiation) and is_secret(secret) and sent_by_lotse() else None


def keep(platform: Platform, initiation: Mapping[str, str], started: Login, again: str) -> str:
    """The page that gives the secret to the platform's page, and goes on to the platform when that has it."""
    return _page(platform, initiation, again, name=started.state, value=started.browser, onward=started.url)


def ask(platform: Platform, initiation: Mapping[str, str], again: str) -> str:
    """The page that asks for the secret, and sends the launch once more with it."""
    form = {name: request.form.get(name, "") for name in ("state", "id_token")}
    return _page(platform, initiation, again, name=form["state"], form=form)


def _page(platform: Platform, initiation: Mapping[str, str], again: str, *, name: str, **what: object) -> str:
    g.frame_ancestors = launches.frame_ancestors(platform.organisation_id)
    return render_template(
        "lti/windows/storage.html", target=initiation[TARGET], origin=origin_of(platform.auth_url), key=f"lotse_{name}", again=again, **what,
    )


def go_on_in_a_window(platform: Platform, admitted: launches.Admission) -> str:
    """The launch is proved, and this frame keeps no cookie: lead into a window of its own."""
    g.frame_ancestors = launches.frame_ancestors(platform.organisation_id)
    ticket = windows.ticket_of_launch(admitted.launch_id, first_page(admitted))
    return render_template("lti/windows/window.html", ticket=ticket, action=url_for("lti_windows.arrive"), without_cookie=True)
