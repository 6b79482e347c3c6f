"""Configuration files, passwords and clouds.yaml, without starting anything."""

import dataclasses
import stat
from pathlib import Path

import pytest
import yaml

from bay.sandbox import catalog, clouds, secret, seeds
from bay.sandbox.config import Settings
from bay.sandbox.config.barbican import barbican_paste
from bay.sandbox.config.common import render
from bay.sandbox.config.keystone import keystone
from bay.sandbox.config.neutron import neutron
from bay.sandbox.config.nova import nova
from bay.sandbox.config.placement import placement
from bay.sandbox.layout import Layout


@pytest.fixture
def settings() -> Settings:
    names = (*catalog.NAMES, *seeds.USERS, secret.MASTER_KEY)
    passwords = {name: f"password-of-{name}" for name in names}
    return Settings(Path("/state"), Path("/environment"), catalog.ports(23000), passwords)


def test_placement_reads_one_sqlite_file_and_asks_keystone(settings: Settings) -> None:
    assert (
        render(placement(settings))
        == """\
[api]
auth_strategy = keystone

[placement]
randomize_allocation_candidates = True

[placement_database]
connection = sqlite:////state/db/placement.sqlite?timeout=60
sqlite_synchronous = False

[keystone_authtoken]
auth_url = http://127.0.0.1:23000/v3
auth_type = password
username = placement
password = password-of-placement
project_name = service
user_domain_name = Default
project_domain_name = Default
region_name = RegionOne
www_authenticate_uri = http://127.0.0.1:23000/v3
token_cache_time = 300
service_token_roles_required = True
service_type = placement
"""
    )


def test_no_service_has_a_broker(settings: Settings) -> None:
    for sections in (keystone(settings), nova(settings), neutron(settings)):
        assert sections["DEFAULT"]["transport_url"] == "fake://"


def test_quotas_of_the_table_reach_nova_and_neutron(settings: Settings) -> None:
    assert nova(settings)["quota"]["instances"] == 100
    assert nova(settings)["quota"]["ram"] == 409600
    assert neutron(settings)["quotas"]["quota_port"] == 500
    assert neutron(settings)["quotas"]["quota_router"] == 10


def test_barbicans_token_filter_is_told_its_configuration_file() -> None:
    packaged = "[filter:auth]\npaste.filter_factory = keystonemiddleware.auth_token:filter_factory\n"
    assert barbican_paste(packaged, Path("/state/barbican.conf")) == (
        "[filter:auth]\npaste.filter_factory = keystonemiddleware.auth_token:filter_factory\n"
        "oslo_config_project = barbican\noslo_config_file = /state/barbican.conf\n"
    )


def test_clouds_yaml_has_two_members_a_reader_and_the_administrator(settings: Settings) -> None:
    entries = yaml.safe_load(clouds.clouds_yaml(settings))["clouds"]
    assert {name: (entry["auth"]["project_name"], entry["auth"]["username"]) for name, entry in entries.items()} == {
        "sandbox": ("physics", "alice"),
        "sandbox-other": ("biology", "bob"),
        "sandbox-reader": ("physics", "carol"),
        "sandbox-admin": ("admin", "admin"),
    }
    assert entries["sandbox"]["auth"]["auth_url"] == "http://127.0.0.1:23000/v3"
    assert entries["sandbox"]["auth"]["password"] == "password-of-alice"


def test_passwords_are_random_private_and_kept(tmp_path: Path) -> None:
    first, second = Layout(tmp_path / "first"), Layout(tmp_path / "second")
    made = secret.ensure(first)
    assert secret.ensure(first) == made
    assert not set(made.values()) & set(secret.ensure(second).values())
    assert min(len(password) for password in made.values()) >= 32
    assert stat.S_IMODE(first.passwords.stat().st_mode) == 0o600
    assert stat.S_IMODE(first.state.stat().st_mode) == 0o700


def test_nova_boots_servers_only_where_it_is_told_to(settings: Settings) -> None:
    assert nova(settings)["DEFAULT"]["compute_driver"] == "sandbox.SandboxDriver"
    booting = nova(dataclasses.replace(settings, boot=True))["DEFAULT"]
    assert (booting["compute_driver"], booting["resume_guests_state_on_host_boot"]) == ("sandbox.BootDriver", True)
