"""Carries out the jobs of one cluster, in a process of its own that outlives the conductor which started it.

``python -m bay.magnum.runner`` reads one JSON object from standard input: settings, cluster, owner, and perhaps a lease
that is over. It takes the lease, works until nothing is wanted any more, and ends. A runner that is killed leaves its
lease to be taken over: every operation of a bay can be run again and resumes.
"""

import json
import logging
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bay.components.errors import BayError
from bay.magnum.jobs import DELETE, Job, Jobs, Lease, LeaseLost, Values
from bay.magnum.settings import Settings
from bay.magnum.work import DIED, Work, carry_out

LOG = logging.getLogger(__name__)

HEARTBEAT = 0.1
"""Of the lease: how often it is renewed."""
TRIES = 4
"""How often a job begins: a process that is killed so often at the same job is killed by it."""
PATIENCE = 60.0
"""Seconds for an operation that is no longer wanted to finish what is in flight."""
BUSY = ("CloudBusy", "Locked", "Unreachable", DIED)
"""Families of errors that another attempt may get past."""
PAUSES = (5.0, 20.0, 60.0)
"""Seconds before each new attempt after one of these."""


class Runner:
    """Works on one cluster while it has the lease."""

    def __init__(self, settings: Settings, jobs: Jobs, cluster: str, owner: str) -> None:
        self.settings, self.jobs, self.cluster, self.owner = settings, jobs, cluster, owner
        self.over, self.renewing = threading.Event(), threading.Lock()
        self.generation, self.newer = 0, threading.Event()
        self.work: Work | None = None

    def run(self, stale: Lease | None = None) -> None:
        """Until nothing is wanted any more; nothing at all where another has the lease."""
        if not self.jobs.take(self.cluster, self.owner, stale):
            return
        try:
            with self._beating():
                while True:
                    while job := self.jobs.begin(self.cluster, self.owner):
                        self._do(job)
                    if self._release():
                        return
        except LeaseLost as error:
            LOG.warning("%s", error.message)

    def _release(self) -> bool:
        """Give the lease back, which is not missed then; False where something is wanted by now."""
        with self.renewing:
            released = self.jobs.release(self.cluster, self.owner)
            if released:
                self.over.set()
        return released

    def _do(self, job: Job) -> None:
        LOG.info("generation %d: %s, try %d", job.wanted, job.operation, job.tries)
        self.generation = job.wanted
        self.newer.clear()
        if job.tries > TRIES:
            outcome: Values = {"ok": False, "reason": f"its process ended {TRIES} times without an outcome"}
        else:
            found = self._outcome(job)
            if found is None:
                return  # something else is wanted by now
            outcome = found
        LOG.info("generation %d: %s", job.wanted, outcome.get("reason") or "ok")
        self.jobs.finish(self.cluster, self.owner, job.wanted, {**outcome, "operation": job.operation})

    def _outcome(self, job: Job) -> Values | None:
        """How it ended; None where it was interrupted for a newer wish."""
        for pause in (*PAUSES, 0):
            with Work.started(self.settings, job) as work:
                self.work = work
                try:
                    return {"ok": True, **carry_out(work, job)}
                except BayError as error:
                    if work.is_superseded:
                        return None
                    outcome = work.failure(error)
                finally:
                    self.work = None
            if outcome["family"] not in BUSY or not pause:
                break
            if self.newer.wait(pause):
                return None
        return outcome

    @contextmanager
    def _beating(self) -> Iterator[None]:
        thread = threading.Thread(target=self._beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.over.set()
            thread.join()

    def _beat(self) -> None:
        """Renew the lease; end the work at once where it is another's, in order where the cluster is to be deleted."""
        silent_since = time.monotonic()
        while not self.over.wait(self.settings.lease * HEARTBEAT):
            try:
                with self.renewing:
                    if self.over.is_set():
                        return
                    self.jobs.beat(self.cluster, self.owner)
                silent_since = time.monotonic()
                wanted = self.jobs.get(self.cluster)
            except LeaseLost:
                self._stop_at_once()
            except Exception as error:  # the database is away for a while
                LOG.warning("the lease is not renewed: %s", error)
                if time.monotonic() - silent_since > self.settings.lease / 2:
                    self._stop_at_once()
            else:
                if wanted.wanted > self.generation:
                    self.newer.set()
                work = self.work
                if work and wanted.operation == DELETE and work.job.wanted < wanted.wanted:
                    work.supersede(PATIENCE)

    def _stop_at_once(self) -> None:
        """Another may work by now, and this process must not; the worker ends with it."""
        LOG.error("the lease is lost: this process ends")
        work = self.work
        if work:
            work.kill()
        os._exit(1)


def main() -> None:
    """Entry of ``python -m bay.magnum.runner``."""
    told = json.loads(sys.stdin.readline())
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    settings = Settings(**told["settings"])
    jobs = settings.jobs
    stale = Lease(**told["stale"]) if told.get("stale") else None
    Runner(settings, jobs, told["cluster"], told["owner"]).run(stale)
    job = jobs.find(told["cluster"])
    if job is None or (job.is_done and job.operation == DELETE and job.outcome["ok"]):
        shutil.rmtree(settings.own_folder(told["cluster"]), ignore_errors=True)


if __name__ == "__main__":
    main()
