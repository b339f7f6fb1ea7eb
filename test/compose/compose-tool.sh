#!/usr/bin/env bash
# Prints the command that runs compose on this machine: `docker compose`, or `docker-compose`, which is installed from
# Debian (1.29, the oldest that the lab's file is written for) when there is neither. Exit 77: none to be had.
set -euo pipefail

works() { "$@" version >/dev/null 2>&1; }

skip() {
  echo "SKIPPED LOUDLY: $*" >&2
  exit 77
}

if works docker compose; then
  echo 'docker compose'
elif works docker-compose; then
  echo 'docker-compose'
else
  command -v apt-get >/dev/null || skip "no docker compose here and this is no machine with apt"
  [ "$(id -u)" -eq 0 ] || skip "no docker compose here and only root could install one"
  echo "compose-tool: installing docker-compose" >&2
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends docker-compose; } </dev/null >&2 ||
    skip "apt could not install docker-compose"
  works docker-compose || skip "docker-compose was installed and does not run"
  echo 'docker-compose'
fi
