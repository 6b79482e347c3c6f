"""The spec of a bay: its fields, their checks, and the layers of models, files and options that make one."""

from bay.components.spec.bay_spec import BaySpec, check_name, parse, path_of, role_of

__all__ = ["BaySpec", "check_name", "parse", "path_of", "role_of"]
