# shellcheck shell=bash disable=SC2034
# Sourced by the scripts in tools/: where things are, how they speak, how they call Bazel.
#
# What a user may set:
#   CASTALIA_ONEDNN   a prefix with oneDNN 3 (default: .cache/onednn, which tools/prepare makes)
#   CASTALIA_CUDA     the CUDA toolkit (default: /usr/local/cuda; its targets are skipped without)
#   CASTALIA_PYTHON   the Python that .venv is made with (default: Debian's)
#   CASTALIA_JULIA    a julia program (default: the one on PATH, else one in .cache/julia)
#   CASTALIA_BAZEL_ROOT, CASTALIA_DISK_CACHE   where Bazel keeps its output and its cache
#   CASTALIA_JOBS     compilers at a time (default: one a core)

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache="$root/.cache"
venv="$root/.venv"
export CASTALIA_ONEDNN="${CASTALIA_ONEDNN:-$cache/onednn}"
export CASTALIA_CUDA="${CASTALIA_CUDA:-/usr/local/cuda}"

# say TEXT: one line on what is being done. Colour only where a person reads.
say() {
  if [[ -t 1 ]]; then printf '\033[1m==> %s\033[0m\n' "$*"; else printf '==> %s\n' "$*"; fi
}

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# run_logged LOG COMMAND...: keeps the output in a file and shows its end when the command fails.
run_logged() {
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  if ! "$@" >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    die "this failed: $* (all of its output is in $log)"
  fi
}

# castalia_bazel COMMAND [ARGUMENTS]: Bazel with this checkout's settings.
castalia_bazel() {
  local command=$1
  shift
  local startup=()
  if [[ -n "${CASTALIA_BAZEL_ROOT:-}" ]]; then
    startup+=("--output_user_root=$CASTALIA_BAZEL_ROOT")
  fi
  local options=()
  case "$command" in
    build | test | run)
      options+=("--disk_cache=${CASTALIA_DISK_CACHE:-$cache/bazel-disk}" "--jobs=${CASTALIA_JOBS:-$(nproc)}")
      ;;
  esac
  (cd "$root" && bazel "${startup[@]}" "$command" "${options[@]}" "$@")
}

# The julia program to use; nothing where there is none.
find_julia() {
  if [[ -n "${CASTALIA_JULIA:-}" ]]; then
    echo "$CASTALIA_JULIA"
  elif command -v julia >/dev/null; then
    command -v julia
  elif [[ -x "$cache/julia/bin/julia" ]]; then
    echo "$cache/julia/bin/julia"
  fi
}
