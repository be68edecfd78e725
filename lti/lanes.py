"""Which platforms this process is telling scores: one thread each, so that a slow platform does not keep all threads busy."""

import threading
from dataclasses import dataclass, field


@dataclass
class Lanes:
    """Whoever finds a lane taken leaves word there, and goes."""

    _taken: dict[int, bool] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self, platform_id: int) -> bool:
        """Whether the lane is ours now; if not, who has it will hear that there is more to do."""
        with self._lock:
            if platform_id in self._taken:
                self._taken[platform_id] = True
                return False
            self._taken[platform_id] = False
            return True

    def leave(self, platform_id: int) -> bool:
        """Whether somebody has left word meanwhile."""
        with self._lock:
            return self._taken.pop(platform_id)
