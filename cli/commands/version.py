"""`bay version`: what a report of a fault should name."""

import platform

from bay.cli import options
from bay.cli.console.formats import Format, print_one


def version(form: options.Form = Format.TABLE, columns: options.Columns = None) -> None:
    """Show the versions of bay, of the Pulumi that it uses, of the OpenStack plugin and of Python.

    A Pulumi that is not there yet has no version; 'bay doctor' says more.

    Example: bay version -f json
    """
    from bay import toolchain
    from bay.cli.environment import settings
    from bay.components.distribution import installed_version
    from bay.toolchain import versions

    here = settings()
    found = toolchain.find(here.cache, here.path)
    rows = {
        "bay": installed_version(),
        "pulumi": found.version if found else None,
        "plugin": versions.PLUGIN if found else None,
        "python": platform.python_version(),
    }
    print_one(rows, form, columns or [])
