#!/bin/sh
echo "bazel coverage is not supported in this repository" >&2
exit 1
