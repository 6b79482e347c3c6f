"""The sandbox cloud as its user holds it: start, stop, status, reset."""

import json
import shutil
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bay.components.private_files import make_folder, write_private
from bay.sandbox import booting, catalog, clouds, install, launch, magnum, plan, ports, processes, secret, storage
from bay.sandbox.booting import Booting
from bay.sandbox.config import Settings
from bay.sandbox.errors import SandboxError
from bay.sandbox.layout import Layout
from bay.sandbox.status import Status, find_problem, service_status
from bay.toolchain.lock import exclusive, report_waiting

Report = Callable[[str], None]


@dataclass(frozen=True)
class Sandbox:
    """A real OpenStack control plane on 127.0.0.1.

    ``state`` holds everything that one sandbox knows, ``cache`` what several share (the services' environment and
    empty databases). It listens on eight ports, from ``first_port`` on, and on one more with Magnum. Sandboxes with
    other states and ports run side by side.
    """

    state: Path
    cache: Path
    first_port: int = catalog.DEFAULT_FIRST_PORT

    @property
    def clouds_file(self) -> Path:
        """Its clouds.yaml: `sandbox` and `sandbox-other` (ordinary members of two projects), `sandbox-reader` (who may
        only look at the first one's project) and `sandbox-admin`."""
        return self._layout.clouds

    def start(self, report: Report, boot: bool | None = None, extras: Collection[str] | None = None) -> None:
        """Start what does not run, make what is not there yet; return when every service answers.

        ``boot``: whether servers boot, as containers on real networks, which needs root and some tools. ``extras``:
        services of `catalog.EXTRAS`. None of either: as the last time, at first no. Lines of progress go to
        ``report``. Raises SandboxError; whatever this call started is stopped then.
        """
        say = _with_time(report)
        storage.check_machine()
        with storage.explained(self.state, self.cache), self._alone(say):
            storage.check_state(self._layout, plan.schema())
            more, told = self._extras(extras), self._told(boot, say)
            settings = self._settings(install.ensure(self.cache, say), told.boots)
            secret.ensure_keystone_keys(self._layout)
            build = plan.write(settings, self._layout, self.cache, told.block)
            self._start_missing(settings, build, say)
            write_private(self.clouds_file, clouds.clouds_yaml(settings))
            for name in more:
                self._start_extra(name, settings, say)

    def stop(self) -> None:
        """Stop every process of this sandbox, and its servers, if they boot; its state and their disks stay."""
        if self.state.exists():
            with storage.explained(self.state, self.cache), self._alone(lambda _: None):
                self._end()

    def status(self) -> Status:
        """What runs now, and how well. Takes some seconds where the network agent is behind Neutron."""
        records = self._records()
        wanted = self._ports() | dict.fromkeys(self._without_ports(Booting.load(self._layout).boots), 0)
        services = tuple(service_status(self._layout, name, port, records.get(name)) for name, port in wanted.items())
        running = all(service.running for service in services)
        return Status(running, services, f"http://{catalog.HOST}:{services[0].port}/v3", self.clouds_file)

    def reset(self, report: Report) -> None:
        """Stop, and delete the state: servers, networks, passwords, everything but the cache."""
        if not self.state.exists():
            return
        with storage.explained(self.state, self.cache), self._alone(report):
            self._end()
            report(f"deleting {self.state}")
            self._layout.schema.unlink(missing_ok=True)  # first: what is left after a kill is remade by a start
            self._delete_state()

    def _delete_state(self) -> None:
        """Delete all of it, the lock last: without its file a second process would lock a new one and delete too."""
        for found in self.state.iterdir():
            if found.is_dir() and not found.is_symlink():
                shutil.rmtree(found)
            elif found != self._layout.lock:
                found.unlink()
        self._layout.lock.unlink()
        with suppress(OSError):  # not empty: another process waited for the lock, and has its own by now
            self.state.rmdir()

    def _told(self, boot: bool | None, say: Report) -> Booting:
        before = Booting.load(self._layout)
        if before.boots if boot is None else boot:
            told = booting.prepare(self._layout, self.cache)
            for line in booting.warnings(self.cache):
                say(line)
            return told
        if before.boots:
            say("stopping the servers, which boot no more")
            self._end()
            before = Booting(False, before.block)
            before.save(self._layout)
        return before

    def _end(self) -> None:
        processes.stop(list(self._records().values()))
        processes.delete_records(self._layout.run)
        booting.end(self._layout)

    def _extras(self, told: Collection[str] | None = None) -> list[str]:
        """Of this sandbox; what it was told is remembered, and what it is no more to have is stopped."""
        kept = self._layout.extras
        before = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else []
        if told is None:
            return list(before)
        if unknown := sorted(set(told) - set(catalog.EXTRAS)):
            raise SandboxError(f"there is no service {unknown[0]!r} to add", f"there is: {', '.join(catalog.EXTRAS)}")
        processes.stop([record for name, record in self._records().items() if name in set(before) - set(told)])
        write_private(kept, json.dumps(sorted(told)))
        return sorted(told)

    def _start_extra(self, name: str, settings: Settings, say: Report) -> None:
        extra = magnum.Magnum(settings, self._layout, self.cache)
        record = self._records().get(name)
        if record and self._is_reusable(record, extra.build, say):
            return
        processes.stop([record] if record else [])
        ports.check_free({name: settings.ports[name]})
        extra.start(say)

    @property
    def _layout(self) -> Layout:
        return Layout(self.state.absolute())

    def _ports(self) -> dict[str, int]:
        return catalog.ports(self.first_port, self._extras())

    def _records(self) -> dict[str, processes.Record]:
        return processes.read_records(self._layout.run)

    def _settings(self, environment: Path, boots: bool) -> Settings:
        return Settings(self._layout.state, environment, self._ports(), secret.ensure(self._layout), boots)

    def _without_ports(self, boots: bool) -> tuple[str, ...]:
        return (catalog.NETWORK_AGENT,) if boots else ()

    @contextmanager
    def _alone(self, say: Report) -> Iterator[None]:
        what = f"another start or stop of the sandbox in {self.state}"
        make_folder(self._layout.lock.parent)
        with exclusive(self._layout.lock, report_waiting(say, what)):
            yield

    def _is_reusable(self, record: processes.Record, build: str, say: Report) -> bool:
        """Whether a start can leave a process alone: it is ready, of this build, and without a problem."""
        if not record.ready or record.build != build:
            return False
        found = find_problem(self._layout, record)
        if found:
            say(f"restarting {record.service}, which {found}")
        return not found

    def _start_missing(self, settings: Settings, build: str, say: Report) -> None:
        records = self._records()
        extras = set(catalog.EXTRAS)
        good = {name for name, record in records.items() if name in extras or self._is_reusable(record, build, say)}
        processes.stop([record for name, record in records.items() if name not in good])
        missing = [name for name in (*catalog.NAMES, *self._without_ports(settings.boot)) if name not in good]
        if not missing and self._layout.seeded.exists():
            say("already running")
            return
        ports.check_free({name: port for name, port in settings.ports.items() if name in missing})
        try:
            launch.launch(settings, self._layout, missing, say)
        except BaseException:
            processes.stop([record for name, record in self._records().items() if name not in good])
            if not good - extras:
                booting.end(self._layout)
            storage.check_not_full(self.state)
            raise


def _with_time(report: Report) -> Report:
    begin = time.monotonic()

    def say(line: str) -> None:
        report(f"{time.monotonic() - begin:6.1f} s  {line}")

    return say
