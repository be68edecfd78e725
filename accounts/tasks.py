"""What the room wants swept: codes for joining accounts that have run out."""

from accounts import joining
from core import jobs

jobs.tidied(joining.forget_old)
