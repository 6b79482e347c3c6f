"""python -m sandbox_services PLAN SERVICE...: start services and seed them."""

import sys
from pathlib import Path

from .launcher import launch
from .plan import Plan

if __name__ == "__main__":
    plan_file, *services = sys.argv[1:]
    sys.argv[1:] = []  # several services parse the arguments of whatever process they find themselves in
    sys.exit(launch(Plan.load(Path(plan_file)), services))
