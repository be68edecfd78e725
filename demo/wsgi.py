"""What a WSGI server serves: the demo's stand-in LMS."""

import signal

signal.signal(signal.SIGTERM, signal.SIG_DFL)  # While the stand-in comes up, see wsgi.py.

from demo.lms import create_lms  # noqa: E402

app = create_lms()
