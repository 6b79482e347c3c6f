"""Downloads that end in any case: a network that swallows packets must not hold up a build."""

import hashlib
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from urllib.error import HTTPError
from urllib.parse import urlsplit

#: Seconds without a byte, looking up the name and connecting included, after which a download is given up.
STALL = 5.0

#: Seconds for one file, however steadily it comes; a build takes 5 to 10 minutes.
LONGEST = 300.0

#: Seconds between two looks at a download.
LOOK_AGAIN = 0.1

_CHUNK = 1 << 16

#: Gets the bytes that have come and the bytes that there are in all (0: not said).
OnProgress = Callable[[int, int], None]


class DownloadFailed(Exception):
    """The file is not there; the text says why, in a few words."""


def download(url: str, target: Path, limit: int, on_progress: OnProgress) -> str:
    """Write what is at the URL to a file of at most `limit` bytes, and return its SHA-256 in hexadecimal.

    The proxies of the environment are used. Raises DownloadFailed, after at most `STALL` seconds without a byte.
    """
    transfer = _Transfer(url, target, limit)
    transfer.start()
    started = moved = time.monotonic()
    seen = 0
    while transfer.is_alive():
        transfer.join(LOOK_AGAIN)
        now = time.monotonic()
        if transfer.done > seen:
            seen, moved = transfer.done, now
            on_progress(seen, transfer.total)
        if transfer.is_alive() and (now - moved > STALL or now - started > LONGEST):
            transfer.given_up = True
            what = f"nothing came for {STALL:.0f} s" if now - moved > STALL else f"not there after {LONGEST:.0f} s"
            raise DownloadFailed(f"{_host(url)}: {what}")
    if transfer.failure:
        raise DownloadFailed(f"{_host(url)}: {transfer.failure}")
    return transfer.digest.hexdigest()


class _Transfer(Thread):
    """The work itself, in a thread that can be left alone: no timeout ends a look-up of a name.

    Its own timeout, later than the one of who looks at it, only ends the thread.
    """

    def __init__(self, url: str, target: Path, limit: int) -> None:
        super().__init__(daemon=True)
        self.url, self.target, self.limit = url, target, limit
        self.done = self.total = 0
        self.digest = hashlib.sha256()
        self.failure = ""
        self.given_up = False

    def run(self) -> None:
        try:
            self._copy()
        except HTTPError as error:
            self.failure = f"HTTP {error.code} {error.reason}"
        except OSError as error:
            self.failure = str(getattr(error, "reason", None) or error)
        except Exception as error:  # of a URL that is none, of an answer that is not HTTP: a thread has no caller
            self.failure = f"{type(error).__name__}: {error}"

    def _copy(self) -> None:
        with urllib.request.urlopen(self.url, timeout=2 * STALL) as answer, self.target.open("wb") as file:  # nosec B310
            if urlsplit(answer.url).scheme != urlsplit(self.url).scheme:
                raise OSError("leads from https to http")
            self.total = int(answer.headers.get("Content-Length") or 0)
            while not self.given_up and (chunk := answer.read(_CHUNK)):
                self.done += len(chunk)
                if self.done > self.limit:
                    raise OSError(f"larger than {self.limit / 1e6:.0f} MB")
                self.digest.update(chunk)
                file.write(chunk)
            if self.done < self.total:
                raise OSError(f"ended after {self.done} of {self.total} bytes")


def _host(url: str) -> str:
    return urlsplit(url).hostname or url
