"""What a WSGI server serves: the demo's stand-in LMS."""

from demo.lms import create_lms

app = create_lms()
