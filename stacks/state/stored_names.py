"""Names of the bays of a state as far as files tell them: at once, for completion in a shell too."""

from bay.stacks.settings import PROJECT, Settings
from bay.stacks.state.file_listing import stack_names


def stored_names(settings: Settings) -> list[str] | None:
    """Names of the bays of a ``file://`` state, sorted; None of any other state: only Pulumi tells them.

    No process is started, nothing is written, and neither Pulumi's SDK nor openstacksdk is imported.
    """
    folder = settings.state_folder
    return None if folder is None else stack_names(folder, PROJECT)
