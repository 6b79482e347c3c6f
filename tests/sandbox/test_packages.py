"""What `make` installs so that servers boot."""

from pathlib import Path

from bay.sandbox import packages


def test_only_what_is_missing_is_named(tmp_path: Path) -> None:
    everything = packages.missing(str(tmp_path))
    assert {"debootstrap", "systemd-container", "nftables", "haproxy"} <= set(everything)
    for program in ("debootstrap", "systemd-nspawn"):
        (tmp_path / program).write_text("")
        (tmp_path / program).chmod(0o755)
    assert set(everything) - set(packages.missing(str(tmp_path))) == {"debootstrap", "systemd-container"}
