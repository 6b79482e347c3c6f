#!/usr/bin/env bash
# The tests that the arguments choose (as for pytest), in several processes; those that failed then once more, alone.
#
# A test that needs the moment to be kind fails when other tests, bays and booted servers share two cores with it. The
# second run tells it from a fault: a fault fails again. Both are printed, and the first is to be mended as well.
set -uo pipefail
pytest=.venv/bin/pytest

# Each process has a sandbox of its own. With a cloud there may be more than cores (-n 3): a test mostly waits for it.
"$pytest" --cache-clear -n 2 --dist loadfile "$@"
code=$?
((code == 1)) || exit $code # 0: all passed; others are no failures of tests

echo
echo "The tests that failed, once more and alone:"
exec "$pytest" "$@" -n 0 --exitfirst --last-failed --last-failed-no-failures none
