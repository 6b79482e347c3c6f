"""`bay export`: a bay as a file of a checkout."""

from bay.cli import options
from bay.cli.console.terminal import say


def export(
    name: options.Name,
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
) -> None:
    """Write stacks/Pulumi.NAME.yaml in this checkout; the file manages the bay from then on.

    Example: bay export physics && pulumi preview --stack physics
    """
    from bay.cli.session import changing, open_bay
    from bay.components.errors import InvalidInput

    bays = open_bay(name, os_cloud, state, os_region_name)
    checkout = bays.context.checkout
    if checkout is None:
        raise InvalidInput("this folder is not in a checkout of bay", "change into one: it has Pulumi.yaml and stacks/")
    with changing(bays):
        path = bays.export(name, checkout)
    say(f"{path.relative_to(checkout)} manages bay {name} now; 'pulumi preview --stack {name}' shows no change")
