"""A refused message is never lost, whatever way Pulumi, its plugin or the program say it."""

import pytest
from pulumi.automation import CommandResult
from pulumi.automation.errors import create_command_error

from bay.stacks.automation.diagnostics import first_errors


def of_network(*lines: str, name: str = "x") -> str:
    """As pulumi prints a run whose network failed."""
    indented = "\n".join(f"    {line}" for line in lines)
    return (
        "Updating (a):\n\n@ updating....\n"
        f"    openstack:networking:Network {name}  {lines[0]}\n"
        f"    openstack:networking:Network {name} **failed** 1 error\n"
        f"Diagnostics:\n  openstack:networking:Network ({name}):\n{indented}\n\n"
        "Resources:\n    + 1 created\n    1 errored\n\nDuration: 2s\n"
    )


def of_program(*lines: str) -> str:
    indented = "\n".join(f"    {line}" for line in lines)
    return f"Diagnostics:\n  pulumi:pulumi:Stack (bay-demo):\n{indented}\n\nResources:\n    1 errored\n"


UNHANDLED = "error: Program failed with an unhandled exception:"
TRACE = ("Traceback (most recent call last):", '  File "/x/program.py", line 5, in <module>', "    run()", "    ^^^^^")
GRPC = (
    "<_InactiveRpcError of RPC that terminated with:",
    "\tstatus = StatusCode.UNAVAILABLE",
    '\tdetails = "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:1: Connection refused"',
    '\tdebug_error_string = "UNAVAILABLE:failed to connect"',
    ">",
)
REFUSED = "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:1: Connection refused"
HTTP = (
    "Error creating openstack_networking_network_v2: Expected HTTP response code [201 202] when accessing [POST "
    'http://127.0.0.1:9696/v2.0/networks], but got 404 instead: {"NeutronError": {"type": "AvailabilityZoneNotFound", '
    '"message": "AvailabilityZone nix could not be found.", "detail": ""}}'
)
NIX = "Error creating openstack_networking_network_v2: AvailabilityZone nix could not be found. (HTTP 404)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (  # a login file that is not there: XDG_CONFIG_HOME, another HOME, a variable of openstacksdk's own
            of_network(
                "error: 1 error occurred:",
                "\t* unable to load clouds.yaml: no clouds.yml file found: file does not exist",
            ),
            "x: unable to load clouds.yaml: no clouds.yml file found: file does not exist",
        ),
        (  # a relative path of a certificate
            of_network("error: 1 error occurred:", "\t* Error parsing CA Cert from nope.pem"),
            "x: Error parsing CA Cert from nope.pem",
        ),
        (  # a cloud by a name that the plugin does not know
            of_network("error: 1 error occurred:", "\t* cloud abc does not exist in clouds.yaml"),
            "x: cloud abc does not exist in clouds.yaml",
        ),
        (
            of_network("error: 2 errors occurred:", "\t* first", "\t* second"),
            "x: first; x: second",
        ),
        (  # a bullet with the word error in it
            of_network("error: 1 error occurred:", "\t* Error creating server: last error: EOF"),
            "x: Error creating server: last error: EOF",
        ),
        (  # a bullet of several lines
            of_network("error: 1 error occurred:", "\t* the certificate", "\t  is not valid"),
            "x: the certificate is not valid",
        ),
        (  # words in front of the number of errors
            of_network("error: could not configure provider: 1 error occurred:", "\t* no region"),
            "x: could not configure provider: no region",
        ),
        (
            of_network(f"error:   sdk-v2/provider2.go:571: sdk.helper_schema: {HTTP}: provider=openstack@5.5.1"),
            f"x: {NIX}",
        ),
        (  # the same by log and by bullet
            of_network(
                f"error:   sdk-v2/provider2.go:571: sdk.helper_schema: {HTTP}: provider=openstack@5.5.1",
                "error: 1 error occurred:",
                f"\t* {HTTP}",
            ),
            f"x: {NIX}",
        ),
        (  # a balancer in front of the API
            of_network(
                "error: Expected HTTP response code [202] when accessing [POST http://c/servers], but got 503 instead: "
                "<html><body>busy</body></html>"
            ),
            "x: HTTP 503",
        ),
        (of_network("error:", "what is wrong stands below"), "x: what is wrong stands below"),
        (
            of_network("error: resource is invalid:", "name must not be empty"),
            "x: resource is invalid: name must not be empty",
        ),
        (
            of_program(UNHANDLED, *TRACE, "RuntimeError: first line of it", "second line"),
            "bay-demo: RuntimeError: first line of it second line",
        ),
        (of_program(UNHANDLED, *TRACE, "KeyError: 'missing'"), "bay-demo: KeyError: 'missing'"),
        (  # errors in the words of an exception begin no new error
            of_program(UNHANDLED, *TRACE, "bay.BayError: error: no image", "error: 2 of them"),
            "bay-demo: bay.BayError: error: no image error: 2 of them",
        ),
        (
            of_program(UNHANDLED, *TRACE, f"grpc._channel._InactiveRpcError: {GRPC[0]}", *GRPC[1:]),
            f"bay-demo: {REFUSED}",
        ),
        (
            of_program(f"error: Exception calling application: {GRPC[0]}", *GRPC[1:]),
            f"bay-demo: Exception calling application: {REFUSED}",
        ),
        (
            of_program("error: an unhandled error occurred: the program failed: exit status 3"),
            "bay-demo: an unhandled error occurred: the program failed: exit status 3",
        ),
        (
            "panic: runtime error: index out of range [1]\n\ngoroutine 1 [running]:\nmain.main()\n",
            "runtime error: index out of range [1]",
        ),
        ("fatal error: out of memory\n\ngoroutine 1:\n", "out of memory"),
    ],
    ids=lambda value: value[-40:].strip() if "Diagnostics" not in value else "",
)
def test_the_cause_is_told(text: str, message: str) -> None:
    assert first_errors(text) == message


def test_of_two_resources_with_one_cause_the_first_is_named_once() -> None:
    same = "    error: Image 1 is not active. (HTTP 400)\n"
    text = f"Diagnostics:\n  openstack:compute:Instance (a):\n{same}  openstack:compute:Instance (b):\n{same}"
    assert first_errors(text) == "a: Image 1 is not active. (HTTP 400)"


@pytest.mark.parametrize(
    ("stdout", "stderr", "code", "message"),
    [
        ("", "error: no such stack", 255, "no such stack"),
        ("", "could not start", 1, "Pulumi failed: could not start"),
        ("all is lost", "", 1, "Pulumi failed: all is lost"),
        ("", "", 4, "Pulumi failed without a message, with exit code 4"),
        ("", "", -9, "Pulumi was killed (SIGKILL): the machine may be out of memory"),
        ("", "", -11, "Pulumi was killed (SIGSEGV): the machine may be out of memory"),
    ],
)
def test_how_a_command_ended_is_told_where_it_says_no_error(stdout: str, stderr: str, code: int, message: str) -> None:
    error = create_command_error(CommandResult(stdout=stdout, stderr=stderr, code=code))
    assert first_errors(str(error)) == message
