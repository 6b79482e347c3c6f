"""What the Jupyter example needs beside its files: an image with Python, as a registry would have it."""

from tests.integration.boots.story import Story

PYTHON = "localhost/python:3.11"
PARTS = "./bin ./etc ./lib ./lib64 ./tmp ./usr"
LEFT_OUT = ("./usr/lib/udev", "./usr/lib/x86_64-linux-gnu/perl", "./usr/sbin", "./usr/share")


def import_python(story: Story) -> None:
    """Debian's, out of the node image; nothing is downloaded."""
    rootfs = story.user.sandbox.cache / "nodes" / "docker" / "rootfs"
    left_out = " ".join(f"--exclude={path}" for path in (*LEFT_OUT, "./usr/bin/docker*", "./usr/bin/containerd*"))
    story.type(f"tar --directory {rootfs} {left_out} --create {PARTS} | docker import - {PYTHON} >/dev/null")
