#!/bin/sh
# Renews the pinned requirement files from pyproject.toml (maintainers only; needs `uv` on PATH).
# One resolution over everything first, so that run, test and lint never disagree on a version;
# environment markers in the result cover CPython 3.10 and newer.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
compile() { uv pip compile --quiet --universal --python-version 3.10 --no-header --no-annotate "$@" >/dev/null; }
compile pyproject.toml --all-extras --output-file "$work/all"
pin() { # pin NAME SOURCE [EXTRA...]
    name=$1 source=$2; shift 2
    compile "$source" "$@" --constraint "$work/all" --output-file "$work/$name.txt"
    { echo "# Pinned by requirements/lock.sh from pyproject.toml: change it there, not here."
      sed "s/ and sys_platform == 'linux'//; s/ ; sys_platform == 'linux'//" "$work/$name.txt"; } >"requirements/$name.txt"
}
# What builds the source-only packages and the editable install, before anything else is there.
printf 'cython\nnumpy\nsetuptools\nwheel\n' >"$work/build.in"
pin build "$work/build.in"
pin run pyproject.toml
pin test pyproject.toml --extra test
pin lint pyproject.toml --extra lint
printf 'micropython-unix-stubs\n' >"$work/stubs.in"
pin stubs "$work/stubs.in"
printf 'micropython-esp32-stubs\n' >"$work/stubs-esp32.in"
pin stubs-esp32 "$work/stubs-esp32.in"
