#!/bin/sh
# Tests of total.sh, run in the image.
set -eu
test "$(sh /total.sh 1 2 3)" = 6
test "$(sh /total.sh)" = 0
echo "2 tests passed"
