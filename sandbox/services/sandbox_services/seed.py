"""Flavors, images and networks, through the services' APIs; what is there already stays."""

import json
from typing import Any

import openstack

from .plan import Plan

SERVICE_PROJECT = "service"
SEEDED = "seeded"
"""File beside the databases, and gone with them: what was put into them."""
BOOTS_FROM = "sandbox_rootfs"
"""Property of an image: the name of the folder that its servers boot from."""
ADDED = (BOOTS_FROM, "docker_version", "kube_version")
"""Properties that images of an earlier version's sandbox lack; the others are versions of what servers of it run."""
IMAGE_SIZE = 1024  # bytes: nothing ever boots from them


def complete(plan: Plan) -> bool:
    """Whether this sandbox has what the plan lists."""
    marker = plan.database / SEEDED
    return marker.exists() and marker.read_text() == _wanted(plan)


def seed(plan: Plan) -> None:
    """Make what is missing."""
    cloud = openstack.connect(
        auth={
            "auth_url": plan.services["keystone"]["url"],
            "username": "admin",
            "password": plan.passwords["admin"],
            "project_name": "admin",
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        },
        region_name=plan.region,
        load_yaml_config=False,
        load_envvars=False,
    )
    _flavors(plan, cloud)
    _images(plan, cloud)
    _networks(plan, cloud)
    (plan.database / SEEDED).write_text(_wanted(plan))


def _wanted(plan: Plan) -> str:
    return json.dumps([plan.flavors, plan.images, plan.networks])


def _flavors(plan: Plan, cloud: Any) -> None:
    have = {flavor.name for flavor in cloud.compute.flavors()}
    for flavor in plan.flavors:
        if flavor["name"] not in have:
            cloud.compute.create_flavor(**flavor)


def _images(plan: Plan, cloud: Any) -> None:
    have = {image.name: image for image in cloud.image.images()}
    for image in plan.images:
        old = have.get(image["name"])
        if old and old.status != "active":  # its upload was cut short
            cloud.image.delete_image(old)
        if not old or old.status != "active":
            cloud.image.create_image(
                container_format="bare", disk_format="raw", visibility="public", data=bytes(IMAGE_SIZE), **image
            )
        else:
            for name in ADDED:
                if name in image and name not in old.properties:
                    _add_property(cloud, old.id, name, image[name])


def _add_property(cloud: Any, image_id: str, name: str, value: str) -> None:
    """openstacksdk would ask Glance to replace it, which is a conflict where there is none."""
    cloud.image.patch(
        f"/images/{image_id}",
        data=json.dumps([{"op": "add", "path": f"/{name}", "value": value}]),
        headers={"Content-Type": "application/openstack-images-v2.1-json-patch"},
    ).raise_for_status()


def _networks(plan: Plan, cloud: Any) -> None:
    owner = cloud.identity.find_project(SERVICE_PROJECT, ignore_missing=False).id
    have = {network.name: network for network in cloud.network.networks(project_id=owner)}
    for wanted in plan.networks:
        network = have.get(wanted["name"]) or cloud.network.create_network(
            name=wanted["name"],
            project_id=owner,
            is_router_external=wanted["external"],
            is_shared=wanted["shared"],
            provider_network_type="flat",
            provider_physical_network=wanted["physical_network"],
        )
        if not network.subnet_ids:
            cloud.network.create_subnet(
                name=f"{wanted['name']}-subnet",
                project_id=owner,
                network_id=network.id,
                ip_version=4,
                cidr=wanted["cidr"],
                gateway_ip=wanted["gateway_ip"],
                is_dhcp_enabled=wanted["enable_dhcp"],
            )
