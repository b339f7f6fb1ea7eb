#!/usr/bin/env bash
# A Docker daemon for the compose tests: the one that runs already, or one of our own that leaves no trace.
#
#   eval "$(test/compose/docker-daemon.sh start)"    exports DOCKER_HOST and MIDPLANE_DOCKER_STATE, or nothing at all
#                                                    when the machine's own daemon is used
#   test/compose/docker-daemon.sh status             exit 0: a daemon answers; 3: none
#   test/compose/docker-daemon.sh stop               stops what `start` started; never somebody else's daemon
#
# One at a time on a machine: two daemons would share the bridge docker0 and its packet filter rules.
# Everything the daemon owns lives under MIDPLANE_DOCKER_STATE (a temporary directory when unset) and goes with it.
# Packages that were installed stay. stdout carries shell assignments only, people read stderr. Exit 77: no Docker here.
# shellcheck disable=SC2317 # conditions are functions handed to until_deadline
set -euo pipefail

readonly START_LIMIT_SECONDS=30
readonly STOP_LIMIT_SECONDS=15
# A Unix socket path holds 107 characters; containerd's, the longest one below the state directory, needs 39 of them.
readonly LONGEST_STATE_PATH=68
# dockerd switches these on and never back.
readonly SYSCTLS=(net/ipv4/ip_forward net/ipv6/conf/all/forwarding net/bridge/bridge-nf-call-iptables net/bridge/bridge-nf-call-ip6tables)

say() { echo "docker-daemon: $*" >&2; }

skip() {
  echo "SKIPPED LOUDLY: $*" >&2
  exit 77
}

answers() { docker info >/dev/null 2>&1; }

# What would send this machine's own packets to somebody else's lab: a second daemon, and bridges that a killed one left.
need_to_be_alone() {
  local exe link
  for exe in /proc/[0-9]*/exe; do
    [[ $(readlink "$exe" 2>/dev/null) == */dockerd ]] || continue
    exe=${exe#/proc/}
    say "error: another dockerd runs here (process ${exe%/exe}) and does not answer at ${DOCKER_HOST:-the default socket}"
    say 'hint: name its socket in DOCKER_HOST, or stop it; two would share bridges and packet filter rules'
    exit 1
  done
  for link in /sys/class/net/br-*; do
    [[ ${link##*/} =~ ^br-[0-9a-f]{12}$ ]] && [ -z "$(ls -A "$link/brif")" ] || continue
    say "deleting ${link##*/}, which a daemon that was killed has left: nothing is on it"
    ip link delete "${link##*/}"
  done
}

# Alive and not a zombie: under a PID 1 that reaps late, kill -0 says yes to the dead.
alive() { [ -n "$1" ] && [[ $(sed -n 's/^State:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null) == [!ZX]* ]]; }

# until_deadline SECONDS COMMAND...: polls until the command succeeds.
until_deadline() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.1
  done
}

install_packages() {
  command -v apt-get >/dev/null || skip "no docker daemon answers and this is no machine with apt"
  say "installing $*"
  local policy=/usr/sbin/policy-rc.d ours=
  if [ ! -e "$policy" ]; then
    # The package would start a daemon of its own, with a data root nobody asked for.
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    ours=yes
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  local code=0
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } </dev/null >&2 || code=$?
  if [ -n "$ours" ]; then
    rm -f "$policy"
    trap - EXIT
  fi
  [ "$code" -eq 0 ] || skip "apt could not install $*"
}

# Containers without cgroups do not run; Debian's cgroupfs-mount mounts them where no init did.
need_cgroups() {
  grep -q ' /sys/fs/cgroup' /proc/mounts && return 0
  command -v cgroupfs-mount >/dev/null || install_packages cgroupfs-mount
  cgroupfs-mount || true
  touch "$state/cgroups-mounted"
}

remember_machine() {
  local name
  mkdir -p "$state/before"
  for name in "${SYSCTLS[@]}"; do
    [ ! -r "/proc/sys/$name" ] || printf '%s %s\n' "$name" "$(cat "/proc/sys/$name")"
  done >"$state/before/sysctls"
  ls /sys/class/net >"$state/before/links"
  ls -d /etc/docker/key.json /run/docker /run/containerd >"$state/before/paths" 2>/dev/null || true
  for name in iptables ip6tables; do
    { "$name-save" 2>/dev/null || true; } | sed -n 's/^:FORWARD \([A-Z]*\).*/\1/p' | head -1 >"$state/before/$name-forward"
  done
}

# Some kernels have only one of the two packet filters: the second attempt puts the other flavour of iptables first in PATH.
prefer_iptables() {
  local flavour=$1 tool suffix
  rm -rf "${state:?}/bin"
  mkdir "$state/bin"
  [ "$flavour" != default ] || return 0
  for tool in iptables ip6tables; do
    for suffix in '' -save -restore; do
      ln -s "$(command -v "$tool-$flavour$suffix")" "$state/bin/$tool$suffix"
    done
  done
}

launch() {
  # A configuration of its own: flags that repeat a setting of /etc/docker/daemon.json make dockerd refuse to start.
  echo '{}' >"$state/daemon.json"
  echo "== attempt: $*" >>"$state/log"
  # cgroupfs, because systemd's driver needs a systemd; a parent of our own, so that the cgroups can be found again.
  PATH="$state/bin:$PATH" setsid dockerd --config-file="$state/daemon.json" --data-root="$state/data" --exec-root="$state/exec" \
    --pidfile="$state/docker.pid" --host="unix://$state/docker.sock" --group="$(id -gn)" \
    --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent="/$cgroup" "$@" >>"$state/log" 2>&1 </dev/null &
  local pid=$!
  disown "$pid"
  echo "$pid" >"$state/pid"
  answers_or_died() { answers || ! alive "$pid"; }
  until_deadline "$START_LIMIT_SECONDS" answers_or_died && answers && containers_run
}

# A daemon that answers may still be unable to run anything (overlay on overlay, cgroups, seccomp): ask with the one static
# binary that comes with every Docker.
containers_run() {
  local init
  init=$(command -v docker-init || command -v tini-static) || return 0
  init=$(readlink -f "$init")
  tar -C "$(dirname "$init")" -c "$(basename "$init")" | docker import - midplane-probe >>"$state/log" 2>&1 || return 1
  docker run --rm --network none midplane-probe "/$(basename "$init")" --version >>"$state/log" 2>&1 || return 1
  docker image rm midplane-probe >/dev/null
}

start() {
  if [ -n "$state" ] && [ -e "$state/pid" ] && DOCKER_HOST=unix://$state/docker.sock answers; then
    export DOCKER_HOST=unix://$state/docker.sock
    say "using the daemon started earlier under $state"
    exports
    return 0
  fi
  if answers; then
    say "using the machine's own daemon"
    return 0
  fi
  [ "$(uname -s)" = Linux ] || skip "no docker daemon answers"
  [ "$(id -u)" -eq 0 ] || skip "no docker daemon answers and only root could start one"
  command -v dockerd >/dev/null || install_packages docker.io
  command -v docker >/dev/null || install_packages docker-cli
  command -v ip >/dev/null || install_packages iproute2

  need_to_be_alone

  [ -z "$state" ] || [ -z "$(ls -A "$state" 2>/dev/null)" ] || skip "$state is not empty, and a state directory is deleted in the end"
  [ -n "$state" ] || state=$(mktemp -d "${TMPDIR:-/tmp}/midplane-docker.XXXXXX")
  mkdir -p "$state"
  state=$(cd "$state" && pwd -P)
  [ "${#state}" -le "$LONGEST_STATE_PATH" ] || { rmdir "$state"; skip "the state directory $state is too long for a Unix socket below it"; }
  cgroup=midplane-$$
  echo "$cgroup" >"$state/cgroup"
  export DOCKER_HOST=unix://$state/docker.sock
  remember_machine
  need_cgroups

  local storage iptables other=
  case $(iptables --version 2>/dev/null) in
    *nf_tables*) other=legacy ;;
    *legacy*) other=nft ;;
  esac
  command -v "iptables-$other" >/dev/null || other=
  # vfs copies every layer, but needs nothing from the kernel.
  for storage in '' --storage-driver=vfs; do
    for iptables in default $other; do
      prefer_iptables "$iptables"
      if launch ${storage:+"$storage"}; then
        say "started $(docker version -f '{{.Server.Version}}'), $(docker info -f '{{.Driver}}, cgroup v{{.CgroupVersion}}'), iptables $iptables, under $state"
        exports
        return 0
      fi
      end_daemon
    done
  done
  local why
  why=$(grep -iE 'level=(error|fatal)|failed|docker: ' "$state/log" | tail -1 | cut -c1-300)
  clean_machine
  skip "dockerd does not start on this machine: $why"
}

exports() {
  printf 'export DOCKER_HOST=%q\n' "$DOCKER_HOST"
  printf 'export MIDPLANE_DOCKER_STATE=%q\n' "$state"
}

# The processes that belong to our daemon: what sits in our cgroup, and the containerd side, which names our directory.
our_processes() {
  find /sys/fs/cgroup -path "*/$cgroup/*" -name cgroup.procs -exec cat {} + 2>/dev/null || true
  local exe pid
  for exe in /proc/[0-9]*/exe; do
    case $(readlink "$exe" 2>/dev/null) in
      */containerd | */containerd-shim* | */dockerd)
        pid=${exe#/proc/}
        pid=${pid%/exe}
        if tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "$state/"; then echo "$pid"; fi
        ;;
    esac
  done
}

end_daemon() {
  local pid leftovers
  pid=$(cat "$state/pid" 2>/dev/null || true)
  if alive "$pid"; then
    if answers; then
      docker ps -aq | xargs -r docker rm -f -v >/dev/null 2>&1 || true
      docker network prune -f >/dev/null 2>&1 || true
    fi
    kill "$pid" 2>/dev/null || true
    daemon_gone() { ! alive "$pid"; }
    until_deadline "$STOP_LIMIT_SECONDS" daemon_gone || kill -9 "$pid" 2>/dev/null || true
  fi
  leftovers=$(our_processes)
  if [ -n "$leftovers" ]; then
    # shellcheck disable=SC2086 # a list of ids
    kill -9 $leftovers 2>/dev/null || true
    all_gone() {
      local one
      for one in $leftovers; do ! alive "$one" || return 1; done
    }
    until_deadline 5 all_gone || say "still there: $leftovers"
  fi
  rm -f "$state/pid" "$state/docker.pid"
}

# Takes docker's chains and the rules of its bridges out and leaves everybody else's rules as they are now.
clean_iptables() {
  local tool=$1 policy now
  command -v "$tool-save" >/dev/null || return 0
  now=$("$tool-save" 2>/dev/null) || return 0
  grep -q '^:DOCKER' <<<"$now" || return 0
  policy=$(cat "$state/before/$tool-forward")
  sed -E -e '/^:DOCKER/d' -e '/^-A DOCKER/d' -e '/-j DOCKER/d' -e '/ (docker0|br-[0-9a-f]{12})( |$)/d' \
    -e '/^-A POSTROUTING -s ([0-9a-f.:]+\/[0-9]+) -d \1 .*-j MASQUERADE$/d' -e "s/^:FORWARD [A-Z]+/:FORWARD ${policy:-ACCEPT}/" <<<"$now" | "$tool-restore" || say "$tool: docker's rules are still there"
}

clean_machine() {
  local name value path
  [ ! -d "$state/bin" ] || PATH="$state/bin:$PATH"
  clean_iptables iptables
  clean_iptables ip6tables
  for path in /sys/class/net/docker0 /sys/class/net/br-* /sys/class/net/veth*; do
    name=${path##*/}
    [ -e "$path" ] || continue
    grep -qxF "$name" "$state/before/links" || ip link delete "$name" 2>/dev/null || true
  done
  while read -r name value; do
    [ "$(cat "/proc/sys/$name")" = "$value" ] || echo "$value" >"/proc/sys/$name" 2>/dev/null || true
  done <"$state/before/sysctls"
  find /sys/fs/cgroup -depth -type d -path "*/$cgroup*" -exec rmdir {} + 2>/dev/null || true
  [ ! -e "$state/cgroups-mounted" ] || cgroupfs-umount || true
  awk -v below="$state/" 'index($2, below) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r umount -l
  for path in /etc/docker/key.json /run/docker /run/containerd; do
    grep -qxF "$path" "$state/before/paths" || rm -rf "$path"
  done
  rm -rf "${state:?}"
}

stop() {
  if [ -z "$state" ] || [ ! -e "$state/pid" ]; then
    say "nothing of ours to stop"
    return 0
  fi
  cgroup=$(cat "$state/cgroup")
  export DOCKER_HOST=unix://$state/docker.sock
  end_daemon
  clean_machine
  say "stopped, nothing left"
}

status() {
  answers || { echo "no daemon answers"; return 3; }
  if [ -n "$state" ] && [ -e "$state/pid" ]; then
    echo "started here, process $(cat "$state/pid"), under $state"
  else
    echo "the machine's own daemon"
  fi
}

state=${MIDPLANE_DOCKER_STATE:-}
case ${1:-} in
  start | stop | status) "$1" ;;
  *)
    echo "usage: docker-daemon.sh start|stop|status" >&2
    exit 2
    ;;
esac
