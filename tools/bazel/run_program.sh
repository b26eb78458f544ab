#!/bin/bash
# Runs a program of a test with the shared libraries among the test's files.
set -euo pipefail
directories=$(find -L . -name '*.so*' -printf '%h\n' | sort -u | sed "s|^\.|$PWD|" | paste -sd:)
export LD_LIBRARY_PATH="$directories${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
program=$1
shift
exec "./$program" "$@"
