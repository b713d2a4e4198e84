"""Servers, each with a network and a volume of its own, made and removed with openstacksdk: what Tenantry is measured against.

Reads one JSON object from standard input: auth_url, username, password, project (of the administrator), name (of the project to work in,
which is made and removed), flavor, image, count, at_once, look_s (how often what takes its time is looked at). Prints one: made_s, removed_s.
"""

import concurrent.futures
import json
import sys
import threading
import time

import openstack

asked = json.load(sys.stdin)


def connect(project):
    return openstack.connect(
        auth_url=asked["auth_url"],
        username=asked["username"],
        password=asked["password"],
        project_name=project,
        user_domain_id="default",
        project_domain_id="default",
        region_name=asked.get("region"),
    )


admin = connect(asked["project"])
project = admin.identity.create_project(name=asked["name"], domain_id="default")
for role in ("member", "admin"):
    admin.identity.assign_project_role_to_user(project, admin.current_user_id, admin.identity.find_role(role))
admin.compute.update_quota_set(project.id, instances=-1, cores=-1, ram=-1)
admin.block_storage.update_quota_set(project.id, volumes=-1, gigabytes=-1)
admin.network.update_quota(project.id, networks=-1, subnets=-1, ports=-1)

local = threading.local()


def mine():
    """This thread's connection, which has a token and knows the services."""
    if not hasattr(local, "connection"):
        local.connection = connect(asked["name"])
        for service in (local.connection.compute, local.connection.network, local.connection.block_storage):
            service.get_endpoint_data()
        local.connection.authorize()
    return local.connection


flavor = admin.compute.find_flavor(asked["flavor"]).id
image = admin.image.find_image(asked["image"]).id
look = {"interval": asked["look_s"], "wait": 600}


def make(n):
    cloud, name = mine(), f"{asked['name']}-{n}"
    volume = cloud.block_storage.create_volume(name=name, size=1)
    network = cloud.network.create_network(name=name)
    cloud.network.create_subnet(name=name, network_id=network.id, ip_version=4, cidr=f"10.{n}.0.0/24")
    server = cloud.compute.create_server(name=name, image_id=image, flavor_id=flavor, networks=[{"uuid": network.id}])
    server = cloud.compute.wait_for_server(server, **look)
    volume = cloud.block_storage.wait_for_status(volume, status="available", failures=["error"], **look)
    cloud.compute.create_volume_attachment(server, volume_id=volume.id)
    volume = cloud.block_storage.wait_for_status(volume, status="in-use", failures=["error"], **look)
    return server, volume, network


def there(cloud, server):
    try:
        return cloud.compute.get_server(server.id) is not None
    except openstack.exceptions.NotFoundException:
        return False


def remove(made):
    cloud, (server, volume, network) = mine(), made
    cloud.compute.delete_volume_attachment(server, volume.id)
    cloud.block_storage.wait_for_status(volume, status="available", failures=["error"], **look)
    cloud.compute.delete_server(server)
    cloud.compute.wait_for_delete(server, **look)
    # that ends when Nova says DELETED; until it is not there any more it counts in the quota, and for Tenantry it is not gone
    while there(cloud, server):
        time.sleep(asked["look_s"])
    cloud.block_storage.delete_volume(volume)
    cloud.network.delete_network(network)
    cloud.block_storage.wait_for_delete(volume, **look)


with concurrent.futures.ThreadPoolExecutor(asked["at_once"]) as pool:
    # every thread logs in before the clock runs
    together = threading.Barrier(asked["at_once"])
    list(pool.map(lambda _: (mine(), together.wait()), range(asked["at_once"])))
    begun = time.monotonic()
    made = list(pool.map(make, range(asked["count"])))
    between = time.monotonic()
    list(pool.map(remove, made))
    ended = time.monotonic()
admin.identity.delete_project(project)
print(json.dumps({"made_s": between - begun, "removed_s": ended - between}))
