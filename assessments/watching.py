"""Places for browsers that watch something come. Each holds one of its process's few threads (setup/run.py), so only some may."""

import threading

MOST = 2                   # of four threads: pages, and whoever asks again, still find one
places = threading.BoundedSemaphore(MOST)
