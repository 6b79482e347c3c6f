"""`bay preview`: what a change would do, and nothing is changed."""

import typer

from bay.cli import options
from bay.cli.console.formats import Format

EXIT_CHANGES = 2
"""Exit code of a preview that would change something; 0 nothing, 1 error, 3 over quota."""


def preview(
    name: options.NameUnlessAll = None,
    model: options.Model = None,
    nodes: options.Nodes = None,
    masters: options.MasterCount = None,
    keypair: options.Keypair = None,
    assignments: options.Set = None,
    addons: options.Addons = None,
    file: options.SpecFile = None,
    models: options.Models = None,
    form: options.Form = Format.TABLE,
    columns: options.Columns = None,
    refresh: options.Refresh = False,
    save: options.SavePlan = None,
    every: options.Every = False,
    commit: options.FromCommit = None,
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
) -> None:
    """Show what a change would do, its risks first, and whether it fits.

    Exit 0: nothing would change, 2: something would, 3: over quota, 1: error.

    Example: bay preview physics --nodes 10

    Example: bay preview new-bay --model swarm

    Example: bay preview physics --nodes 10 --save ten.plan && bay update physics --plan ten.plan

    Example: bay preview --all --from origin/my-branch -f markdown
    """
    from bay.cli import bulk_preview, preview_sources
    from bay.cli.console import bulk
    from bay.cli.planning import print_plan
    from bay.cli.session import open_bays

    bays = open_bays(os_cloud, state, os_region_name)
    files = preview_sources.files(bays.context.checkout, commit)
    if name is None or every:
        options.refuse_beside_all(name, every, model, nodes, masters, keypair, assignments, addons, file, save)
        found = preview_sources.preview_all(bays, files, models, refresh=refresh)
        bulk.show(found, form, columns or [])
        raise typer.Exit(bulk_preview.worst(found))
    said = options.layers(
        model=model, nodes=nodes, masters=masters, keypair=keypair, assignments=assignments, file=file
    )
    request = bays.spec(*said, addons=addons or (), models=[models] if models else ())
    wanted = preview_sources.over_file(name, files, request)
    plan = print_plan(
        bays,
        name,
        wanted,
        form,
        columns or [],
        refresh=refresh,
        save=save,
        from_file=files is not None and files.strict,
        allowed=files.allowed(name) if files else (),
    )
    raise typer.Exit(0 if plan.empty else EXIT_CHANGES)
