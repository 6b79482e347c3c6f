"""What the names of a spec mean on a cloud, and what is said where they mean nothing there."""

from typing import Any

import pytest
from keystoneauth1.exceptions import ConnectFailure, Unauthorized
from openstack import exceptions

from bay.components.errors import BayError, Unreachable
from bay.components.openstack.connection import openstack_errors
from bay.components.openstack.resolve import resolve
from bay.components.openstack.resolved import ExistingNetwork, Flavor, GlanceImage, Named, ResolvedSpec
from bay.components.spec import BaySpec
from bay.components.spec.merge import build_spec
from tests.fakes.messages import told
from tests.fakes.openstack import FakeCloud

IMAGE = {"status": "active", "min_disk": 10, "min_ram": 512, "os_distro": "debian"}


def add(cloud: FakeCloud, kind: str, name: str | None, **fields: Any) -> None:
    cloud.add(kind, f"id-{name}", name=name, **fields)


@pytest.fixture
def cloud() -> FakeCloud:
    """With a few images, flavors and networks: one external, one of this project, one that another shares."""
    cloud = FakeCloud()
    cloud.config.region_name = "north"
    for name in ("debian-12-docker", "debian-13", None):
        add(cloud, "image", name, **IMAGE)
    add(cloud, "flavor", "m1.small", vcpus=1, ram=2048, disk=20)
    add(cloud, "flavor", "m1.large", vcpus=4, ram=8192, disk=80)
    add(cloud, "network", "public", is_router_external=True)
    add(cloud, "network", "shared", project_id="another")
    add(cloud, "network", "mine")
    add(cloud, "network", "")
    for network in ("shared", "mine"):
        cloud.add("subnet", "id-one", name="one", network_id=f"id-{network}", ip_version=4, cidr="10.16.0.0/16")
    cloud.add("port", "p", network_id="id-mine", device_owner="network:router_interface")
    for kind, names in (
        ("keypair", ("ada", "grace")),
        ("availability_zone", ("north", "south")),
        ("type", ("fast", "slow")),
    ):
        for name in names:
            add(cloud, kind, name)
    return cloud


def spec(**values: Any) -> BaySpec:
    return build_spec([{"model": "swarm"}, values])


def found(cloud: FakeCloud, **values: Any) -> ResolvedSpec:
    return resolve(spec(**values), cloud)  # type: ignore[arg-type]


def test_names_become_ids(cloud: FakeCloud) -> None:
    place = found(cloud, keypair="ada", nodes={"flavor": "m1.large"})
    assert place.images == {
        "debian-12-docker": GlanceImage("id-debian-12-docker", "debian-12-docker", 10, 512, "debian")
    }
    assert place.flavors == {
        "m1.small": Flavor("id-m1.small", "m1.small", 1, 2048, 20),
        "m1.large": Flavor("id-m1.large", "m1.large", 4, 8192, 80),
    }
    assert (place.network, place.external) == (None, Named("id-public", "public"))
    assert (place.login.auth_url, place.login.region) == ("https://cloud.example:5000", "north")


def test_ids_stand_for_themselves(cloud: FakeCloud) -> None:
    place = found(cloud, image="id-debian-13", nodes={"flavor": "id-m1.large"}, network={"existing": "id-shared"})
    assert place.images["id-debian-13"].name == "debian-13"
    assert place.flavors["id-m1.large"].name == "m1.large"
    assert place.network == ExistingNetwork("id-shared", "shared", None, ("10.16.0.0/16",), own=False, routed=False)


def test_on_an_existing_network_no_external_one_is_needed(cloud: FakeCloud) -> None:
    cloud.things["network"] = [net for net in cloud.things["network"] if not net.is_router_external]
    assert found(cloud, network={"existing": "shared"}).external is None
    message, _, _ = told(lambda: found(cloud, network={"existing": "mine"}, floating_ips="api"))
    assert message == "network.external: the cloud has 0 external networks"


@pytest.mark.parametrize(
    ("values", "message", "hint"),
    [
        ({"image": "debian-12"}, "image: there is no image 'debian-12'", "nearest: debian-13, debian-12-docker"),
        ({"image": "x"}, "image: there is no image 'x'", "there is: debian-12-docker, debian-13"),
        ({"nodes": {"flavor": "m1.smal"}}, "flavor: there is no flavor 'm1.smal'", "nearest: m1.small, m1.large"),
        ({"masters": {"flavor": "z"}}, "flavor: there is no flavor 'z'", "there is: m1.large, m1.small"),
        ({"keypair": "ad"}, "keypair: there is no keypair 'ad'", "nearest: ada"),
        (
            {"network": {"existing": "share"}},
            "network.existing: there is no network 'share'",
            "nearest: shared",
        ),
        (
            {"network": {"external": "shared"}},
            "network.external: there is no external network 'shared'",
            "there is: public",
        ),
    ],
)
def test_an_unknown_name_gets_the_nearest(values: dict[str, Any], message: str, hint: str, cloud: FakeCloud) -> None:
    assert told(lambda: found(cloud, **values))[:2] == (message, hint)


def test_a_user_without_any_keypair_is_told_how_to_make_one(cloud: FakeCloud) -> None:
    cloud.things["keypair"].clear()
    assert told(lambda: found(cloud, keypair="ada"))[1] == "openstack keypair create --public-key FILE ada"


def test_who_may_only_look_needs_no_keypair_of_their_own(cloud: FakeCloud) -> None:
    cloud.things["keypair"].clear()
    cloud.access.role_names = ["reader"]
    assert found(cloud, keypair="ada").images["debian-12-docker"].id == "id-debian-12-docker"


def test_a_name_that_means_two_things_wants_an_id(cloud: FakeCloud) -> None:
    cloud.add("image", "another", name="debian-12-docker", visibility="public", created_at="2026-01-02T03:04Z", **IMAGE)
    assert told(lambda: found(cloud))[:2] == (
        "image: 2 images are called 'debian-12-docker'",
        "give the id: id-debian-12-docker, another (public, 2026-01-02)",
    )
    cloud.add("network", "another", name="shared")
    assert told(lambda: found(cloud, image="debian-13", network={"existing": "shared"}))[:2] == (
        "network.existing: 2 networks are called 'shared'",
        "give the id: id-shared, another",
    )


def test_a_deactivated_image_of_the_same_name_does_not_count(cloud: FakeCloud) -> None:
    cloud.add("image", "old", name="debian-12-docker", **{**IMAGE, "status": "deactivated"})
    assert found(cloud).images["debian-12-docker"].id == "id-debian-12-docker"


def test_of_several_external_networks_one_has_to_be_named(cloud: FakeCloud) -> None:
    add(cloud, "network", "campus", is_router_external=True)
    assert told(lambda: found(cloud))[:2] == (
        "network.external: the cloud has 2 external networks",
        "use --set network.external=NAME (campus, public)",
    )
    assert found(cloud, network={"external": "campus"}).external == Named("id-campus", "campus")


def test_without_an_external_network_an_existing_one_can_be_used(cloud: FakeCloud) -> None:
    cloud.things["network"] = [net for net in cloud.things["network"] if not net.is_router_external]
    assert told(lambda: found(cloud))[1] == "use --set network.existing=NAME to use a network without router"


@pytest.mark.parametrize(
    ("values", "message", "hint"),
    [
        (
            {"network": {"existing": "shared"}, "endpoint": {"kind": "virtual-ip"}},
            "endpoint.kind: a virtual IP needs a network of this project's own; shared is another's",
            "use --set endpoint.kind=masters: the API answers at every master",
        ),
        (
            {"network": {"existing": "shared"}, "floating_ips": "all"},
            "floating_ips: network shared has no router of this project, so floating IPs cannot reach it",
            "use --set floating_ips=none",
        ),
        (
            {"network": {"existing": "mine", "subnet": "two"}},
            "network.subnet: there is no subnet 'two'",
            "there is: one",
        ),
        ({"nodes": {"zones": ["west"]}}, "zones: there is no availability zone 'west'", "there is: north, south"),
        (
            {"nodes": {"engine_volume": {"size": 1, "type": "fas"}}},
            "volume type: there is no volume type 'fas'",
            "nearest: fast",
        ),
    ],
)
def test_what_a_cloud_cannot_do_is_said_before_anything_is_made(
    values: dict[str, Any], message: str, hint: str, cloud: FakeCloud
) -> None:
    assert told(lambda: found(cloud, **values))[:2] == (message, hint)


def test_a_cloud_without_volumes_or_load_balancers_says_so(cloud: FakeCloud) -> None:
    cloud.services -= {"block-storage", "load-balancer"}
    assert told(lambda: found(cloud, nodes={"engine_volume": 5}))[0] == "the cloud has no volumes (Cinder)"
    message = told(lambda: found(cloud, endpoint={"kind": "load-balancer"}))[0]
    assert message == "endpoint.kind: the cloud has no load balancers (Octavia)"


def test_a_cloud_without_barbican_says_so(cloud: FakeCloud) -> None:
    message = told(lambda: found(cloud, identity={"store": "barbican"}))[0]
    assert message == "identity.store: the cloud has no Barbican (key-manager)"
    cloud.services.add("key-manager")
    found(cloud, identity={"store": "barbican"})


def test_a_network_of_the_projects_own_serves_everything(cloud: FakeCloud) -> None:
    place = found(
        cloud, network={"existing": "mine", "subnet": "one"}, endpoint={"kind": "virtual-ip"}, floating_ips="api"
    )
    assert place.network == ExistingNetwork("id-mine", "mine", "id-one", ("10.16.0.0/16",), own=True, routed=True)
    assert place.external == Named("id-public", "public")


@pytest.fixture
def small_cloud(cloud: FakeCloud) -> FakeCloud:
    """With a flavor that is too small for the images, one without a disk, and an image that says nothing of itself."""
    add(cloud, "flavor", "m1.nano", vcpus=1, ram=256, disk=5)
    add(cloud, "flavor", "v1.small", vcpus=1, ram=2048, disk=0)
    add(cloud, "image", "scratch", status="active", min_disk=0, min_ram=0, os_distro=None)
    add(cloud, "image", "hungry", **{**IMAGE, "min_ram": 4096, "min_disk": 40})
    return cloud


@pytest.mark.parametrize(
    ("values", "message", "hint"),
    [
        (
            {"masters": {"flavor": "m1.nano"}},
            "masters.flavor: m1.nano has 256 MiB of RAM, image debian-12-docker needs 512",
            "choose a larger flavor: --set masters.flavor=FLAVOR",
        ),
        (
            {"image": "hungry", "masters": {"flavor": "m1.large"}},
            "nodes.flavor: m1.small has 2048 MiB of RAM, image hungry needs 4096",
            "choose a larger flavor: --set nodes.flavor=FLAVOR",
        ),
        (
            {"node_groups": {"gpu": {"count": 1, "image": "hungry"}}},
            "node_groups.gpu.flavor: m1.small has 2048 MiB of RAM, image hungry needs 4096",
            "choose a larger flavor: --set node_groups.gpu.flavor=FLAVOR",
        ),
        (
            {"nodes": {"flavor": "v1.small"}},
            "nodes.flavor: v1.small has no disk, and Nova lets its servers boot from a volume only",
            "--set nodes.boot_volume=10, or choose another flavor",
        ),
        (
            {"nodes": {"boot_volume": 9}},
            "nodes.boot_volume: it has 9 GiB of disk, image debian-12-docker needs 10",
            "choose a larger flavor, or --set nodes.boot_volume=10",
        ),
    ],
)
def test_an_image_that_a_server_cannot_run_is_refused_before_anything_is_made(
    values: dict[str, Any], message: str, hint: str, small_cloud: FakeCloud
) -> None:
    assert told(lambda: found(small_cloud, **values)) == (message, hint, 1)


@pytest.mark.parametrize(
    "values",
    [
        {"nodes": {"flavor": "v1.small", "boot_volume": 10}},
        {"image": "hungry", "masters": {"flavor": "m1.large"}, "nodes": {"flavor": "m1.large"}},
    ],
)
def test_what_the_image_needs_exactly_is_enough(values: dict[str, Any], small_cloud: FakeCloud) -> None:
    (large,) = [flavor for flavor in small_cloud.things["flavor"] if flavor.name == "m1.large"]
    large.ram, large.disk = 4096, 40
    assert found(small_cloud, **values).flavors


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (Unauthorized(), "checking the login: the cloud refuses user, password or project"),
        (ConnectFailure("refused"), "checking the login: the cloud cannot be reached: refused"),
    ],
)
def test_a_login_that_does_not_work_is_no_matter_of_names(error: Exception, message: str) -> None:
    class Refusing(FakeCloud):
        @property
        def current_project_id(self) -> str:
            raise error

        @current_project_id.setter
        def current_project_id(self, _value: str) -> None:
            pass

    assert told(lambda: found(Refusing()))[0] == message


# Images as they are


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("queued", "has no data yet"),
        ("saving", "is still being uploaded"),
        ("importing", "is still being imported"),
        ("deactivated", "was deactivated by an administrator"),
        ("killed", "lost its upload half-way"),
        ("pending_delete", "is deleted"),
        ("of_later_days", "is of_later_days"),
    ],
)
@pytest.mark.parametrize("wanted", ["fresh", "id-fresh"])
def test_an_image_without_data_is_refused_by_name_and_by_id(
    wanted: str, status: str, words: str, cloud: FakeCloud
) -> None:
    add(cloud, "image", "fresh", **{**IMAGE, "status": status})
    message, hint, _ = told(lambda: found(cloud, image=wanted))
    assert message == f"image: {wanted!r} {words} (status {status})"
    assert hint


def test_of_two_queued_images_of_a_name_one_is_told(cloud: FakeCloud) -> None:
    for id in ("q1", "q2"):
        cloud.add("image", id, name="fresh", **{**IMAGE, "status": "queued"})
    assert told(lambda: found(cloud, image="fresh"))[0] == "image: 'fresh' has no data yet (status queued)"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"is_hidden": True}, "is hidden: its owner has replaced it"),
        ({"visibility": "community"}, "is a community image, and anybody may give one this name"),
        (
            {"visibility": "shared", "member_status": "pending"},
            "is shared with this project, which has not accepted it",
        ),
        ({"visibility": "shared", "member_status": "rejected"}, "is shared with this project, which has rejected it"),
    ],
)
def test_an_image_that_no_list_has_is_told_by_name_and_used_by_id(
    fields: dict[str, Any], words: str, cloud: FakeCloud
) -> None:
    cloud.add("image", "id-9", name="lab", **IMAGE, **{k: v for k, v in fields.items() if k != "member_status"})
    cloud.unlisted["id-9"] = fields
    message, hint, _ = told(lambda: found(cloud, image="lab"))
    assert message == f"image: 'lab' {words}"
    assert "id-9" in hint
    assert found(cloud, image="id-9").images["id-9"].name == "lab"


def test_a_community_image_of_the_name_of_a_listed_one_is_not_taken_for_it(cloud: FakeCloud) -> None:
    cloud.add("image", "id-9", name="debian-13", visibility="community", **IMAGE)
    cloud.unlisted["id-9"] = {"visibility": "community"}
    assert found(cloud, image="debian-13").images["debian-13"].id == "id-debian-13"


@pytest.mark.parametrize("os_distro", [None, ""])
def test_an_image_that_does_not_say_its_system_is_a_warning_and_a_field(
    cloud: FakeCloud, os_distro: str | None
) -> None:
    add(cloud, "image", "scratch", **{**IMAGE, "os_distro": os_distro})
    (warning,) = found(cloud, image="scratch").warnings
    assert warning.startswith("image scratch does not say which system it holds (property os_distro)")
    place = found(cloud, image="scratch", os_distro="debian")
    assert (place.warnings, place.images["scratch"].os_distro) == ((), "debian")


def test_what_an_image_says_of_its_system_counts_before_the_field(cloud: FakeCloud) -> None:
    assert found(cloud, os_distro="ubuntu").images["debian-12-docker"].os_distro == "debian"


# Networks as they are


def subnets(cloud: FakeCloud, *more: dict[str, Any]) -> None:
    """The network mine with these beside its subnet one."""
    for number, fields in enumerate(more):
        values = {"name": f"more-{number}", "cidr": f"10.{17 + number}.0.0/16", "ip_version": 4, "gateway_ip": "x"}
        cloud.add("subnet", f"id-more-{number}", network_id="id-mine", **{**values, **fields})


MINE = {"network": {"existing": "mine"}}
ONE = {"network": {"existing": "mine", "subnet": "one"}}


def test_a_chosen_subnet_of_several_is_held_by_ports(cloud: FakeCloud) -> None:
    subnets(cloud, {})
    place = found(cloud, **ONE).network
    assert place is not None
    assert (place.subnet_id, place.cidrs, place.pins_subnet) == ("id-one", ("10.16.0.0/16",), True)


@pytest.mark.parametrize("more", [(), ({"ip_version": 6, "cidr": "2001:db8::/64"},)])
def test_where_there_is_one_subnet_of_ipv4_nova_makes_the_ports(
    cloud: FakeCloud, more: tuple[dict[str, Any], ...]
) -> None:
    subnets(cloud, *more)
    for values in (MINE, ONE):
        place = found(cloud, **values).network
        assert place is not None
        assert not place.pins_subnet


def test_of_several_subnets_without_a_choice_it_is_warned(cloud: FakeCloud) -> None:
    subnets(cloud, {})
    cloud.things["subnet"][1].gateway_ip = "10.16.0.1"
    (warning,) = found(cloud, **MINE).warnings
    assert warning.startswith("network mine has 2 subnets, and Neutron chooses one for each server")


@pytest.mark.parametrize("wanted", ["six", "id-more-0"])
def test_a_subnet_of_ipv6_is_none_for_servers(wanted: str, cloud: FakeCloud) -> None:
    subnets(cloud, {"name": "six", "ip_version": 6, "cidr": "2001:db8::/64"})
    message, hint, _ = told(lambda: found(cloud, network={"existing": "mine", "subnet": wanted}))
    assert message == f"network.subnet: subnet {wanted!r} is of IPv6, and servers of a bay reach each other by IPv4"
    assert hint == "name a subnet of IPv4: one"


def test_port_security_off_is_refused_before_anything_is_made(cloud: FakeCloud) -> None:
    network = next(one for one in cloud.things["network"] if one.name == "mine")
    network.is_port_security_enabled = False
    assert found(cloud, **MINE).network, "Neutron may have no such extension"
    cloud.add("extension", "port-security", name="Port Security")
    message, hint, _ = told(lambda: found(cloud, **MINE))
    assert message == "network.existing: network 'mine' has port security off, so no security group holds there"
    assert hint.endswith("openstack network set --enable-port-security id-mine")


def test_a_network_that_is_down_is_refused(cloud: FakeCloud) -> None:
    next(one for one in cloud.things["network"] if one.name == "mine").is_admin_state_up = False
    assert told(lambda: found(cloud, **MINE))[0] == "network.existing: network 'mine' is administratively down"


def test_a_subnet_without_dhcp_is_refused_unless_somebody_else_answers(cloud: FakeCloud) -> None:
    subnets(cloud, {"is_dhcp_enabled": False})
    message, hint, _ = told(lambda: found(cloud, **MINE))
    assert message == "network.existing: subnet more-0 has no DHCP, so servers would get no address"
    assert hint.startswith("name another one with --set network.subnet=NAME, turn it on")
    assert found(cloud, **ONE).network
    assert found(cloud, network={"existing": "mine", "external_dhcp": True}).network
    message, hint, _ = told(lambda: found(cloud, network={"existing": "mine", "subnet": "more-0"}))
    assert hint.startswith("turn it on (openstack subnet set --dhcp id-more-0)")


@pytest.mark.parametrize(("mtu", "warned"), [(1500, False), (1280, False), (1279, True), (576, True), (0, False)])
def test_small_packets_and_a_missing_gateway_are_warned_of(cloud: FakeCloud, mtu: int, warned: bool) -> None:
    next(one for one in cloud.things["network"] if one.name == "mine").mtu = mtu
    warnings = found(cloud, **MINE).warnings
    assert [text for text in warnings if text.startswith("subnet one has no gateway")]
    assert any(f"hold {mtu} bytes" in text for text in warnings) is warned


def test_an_id_is_never_another_networks_name(cloud: FakeCloud) -> None:
    cloud.add("network", "tricky", name="id-shared")
    place = found(cloud, network={"existing": "id-shared"}).network
    assert place is not None
    assert place.name == "shared"


@pytest.mark.parametrize("kind", [{"is_router_external": True}, {}])
def test_external_networks_of_equal_names_serve_a_router_by_id(cloud: FakeCloud, kind: dict[str, Any]) -> None:
    """Floating IPs are asked for by name, and the plugin takes the first network that has it, of any kind."""
    cloud.things["network"].insert(0, cloud.add("network", "id-first", name="public", **kind))
    cloud.things["network"].pop()
    wanted = {"external": "id-public"}
    assert found(cloud, network=wanted, floating_ips="none").external == Named("id-public", "public")
    message, hint, _ = told(lambda: found(cloud, network=wanted, floating_ips="api"))
    assert message == (
        "network.external: 2 networks are called 'public', and floating IPs can only be asked for by name"
    )
    assert "id-first, id-public" in hint
    if kind:
        assert found(cloud, network={"external": "id-first"}, floating_ips="api").external == Named(
            "id-first", "public"
        )


# Zones of volumes

ZONED = {"zones": ["north", "south"], "state_volume": 1}


def test_state_volumes_go_where_cinder_has_the_masters_zones(cloud: FakeCloud) -> None:
    cloud.volume_zones = ["north", "nova"]
    place = found(cloud, masters=ZONED)
    assert place.volume_zones == ("north",)
    assert place.warnings == (
        "volumes have no availability zone south: state volumes of masters there get the default one",
    )
    cloud.volume_zones = ["north", "south"]
    assert (found(cloud, masters=ZONED).volume_zones, found(cloud, masters=ZONED).warnings) == (("north", "south"), ())


def test_where_no_volume_outlives_its_server_cinder_is_not_asked_for_zones(cloud: FakeCloud) -> None:
    assert found(cloud, masters={"zones": ["north"]}).volume_zones == ()
    assert found(cloud, masters={"state_volume": 1}).volume_zones == ()
    cloud.fail("availability_zones", [exceptions.ForbiddenException()])
    assert found(cloud, masters={"state_volume": 1}).warnings == ()


@pytest.mark.parametrize("name", ["AZ 1", "fast ssd", "Zürich (west)"])
def test_names_with_blanks_are_names(cloud: FakeCloud, name: str) -> None:
    add(cloud, "availability_zone", name)
    add(cloud, "type", name)
    wanted = spec(nodes={"zones": [name], "engine_volume": {"size": 1, "type": name}})
    assert resolve(wanted, cloud)  # type: ignore[arg-type]
    assert wanted.nodes.zones == (name,)


@pytest.mark.parametrize("name", [" AZ", "AZ ", "az:host", "a,b", "", "a\nb"])
def test_what_nova_would_take_apart_is_no_name_of_a_zone(name: str) -> None:
    """NAME:HOST puts a server on a host, which is an administrator's to say."""
    with pytest.raises(BayError, match=r"nodes\.zones"):
        spec(nodes={"zones": [name]})


def test_a_cloud_that_does_not_answer_may_do_so_later() -> None:
    with pytest.raises(Unreachable), openstack_errors("checking the login"):
        raise ConnectFailure("refused")
