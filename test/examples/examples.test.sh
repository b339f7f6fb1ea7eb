#!/usr/bin/env bash
# The package as others get it: what npm pack puts into it, and the projects of examples/ with it installed, each of which
# passes, and fails when its settings are weakened.
#
#   test/examples/examples.test.sh
#
# Installs from npm's registry; says SKIPPED LOUDLY what could not be done without it. Last line: N passed, N failed.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit

passed=0
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ok() { passed=$((passed + 1)); echo "ok: $*"; }
fail() { failed=$((failed + 1)); echo "FAILED: $*"; }
# check NAME COMMAND...
check() { local name=$1; shift; if "$@"; then ok "$name"; else fail "$name"; fi; }
summary() { echo "$passed passed, $failed failed"; [ "$failed" -eq 0 ]; exit; }

echo '=== npm pack'
npm pack --pack-destination "$work" >"$work/pack.log" 2>&1 || { cat "$work/pack.log"; fail 'npm pack'; summary; }
ok 'npm pack'
tarball=$(echo "$work"/midplane-*.tgz)
tar -xzf "$tarball" -C "$work"
(cd "$work/package" && find . -type f | cut -c3- | sort) >"$work/files"

has() {
  local file missing=0
  for file in "$@"; do grep -qxF "$file" "$work/files" || { echo "  not in the package: $file"; missing=1; }; done
  return $missing
}
has_none() { ! grep -E "$1" "$work/files"; }
not_said() { ! grep -rlF "$1" "$work/package"; }
check 'the package has its programs' has $(find bin -type f)
check 'the package has the shipped scenarios' has scenarios/*.yaml
check 'the package has every schema' has $(find . -name '*.schema.json' -not -path '*/node_modules/*' -not -path './dist/*' | cut -c3-)
check 'the package has no tests, and nothing that only they use' has_none '\.test\.|/testing-|^dist/(test|bench)/'
check 'the package has no sources, no examples and nothing of CI' has_none '^(examples|test|bench|\.ci)/|^[^.]*\.ts$|[^d]\.ts$'
check 'no file of the package names this checkout' not_said "$PWD"

timeout 20 npm ping --silent --fetch-retries=0 >"$work/ping.log" 2>&1 || {
  echo "SKIPPED LOUDLY: npm's registry cannot be reached, nothing was installed and no example has run"
  summary
}

# install NAME: a copy of an example with the packed package in it.
install() {
  cp -R "examples/$1" "$work/projects/"
  rm -rf "$work/projects/$1/node_modules"
  (cd "$work/projects/$1" && timeout 280 npm install --silent --prefer-offline --no-audit --no-fund "$tarball")
}
echo '=== npm install'
mkdir "$work/projects"
installing=()
projects='jest-regression vitest-regression node-test-regression cluster-flags'
for name in $projects; do install "$name" >"$work/$name.log" 2>&1 & installing[${#installing[@]}]=$!; done
for name in $projects; do
  if wait "${installing[0]}"; then ok "the package is installed in $name"; else cat "$work/$name.log"; fail "the package is installed in $name"; summary; fi
  installing=("${installing[@]:1}")
done

in_project() { (cd "$project" && timeout 150 "$@") >"$work/out" 2>&1; }
# passes NAME [COMMAND...]: by default the tests of the project.
passes() {
  local name=$1
  shift
  [ $# -gt 0 ] || set -- npm test
  if in_project "$@"; then ok "$name"; else cat "$work/out"; fail "$name"; fi
}
# fails NAME WORDS...: its tests do not pass, and say all of these.
fails() {
  local name=$1 words
  shift
  if in_project npm test; then fail "$name: it passed"; return; fi
  for words in "$@"; do grep -qF -- "$words" "$work/out" || { cat "$work/out"; fail "$name, and says: $words"; return; }; done
  ok "$name"
}

for runner in jest vitest node-test; do
  echo "=== examples/$runner-regression"
  project=$work/projects/$runner-regression
  passes "the tests of $runner-regression pass"
  sed -i.before 's/"--kubelet-certificate-authority[^"]*"//' "$project/cluster.json"
  fails "the tests of $runner-regression fail without --kubelet-certificate-authority" \
    'expected logs to be refused under none with serverTLSBootstrap: true' 'the attacker held' 'closed by'
done

echo '=== examples/cluster-flags'
project=$work/projects/cluster-flags
passes 'the settings of cluster-flags are as expected'
sed -i.before '/--kubelet-certificate-authority/d' "$project/kube-apiserver.yaml"
fails 'the settings of cluster-flags fail without --kubelet-certificate-authority' \
  'exec / given' 'impersonated' '--kubelet-certificate-authority'

echo '=== the package, installed'
cat >"$project/take-in.cjs" <<'JS'
const names = Object.keys(require('midplane/package.json').exports);
for (const name of names) if (!name.includes('*')) require(name.replace('.', 'midplane'));
JS
passes 'every module that it exports can be required' node take-in.cjs
passes 'npx midplane matrix shows the matrix' bash -o pipefail -c 'npx --no-install midplane matrix | grep "service-proxy-https .*relayed"'
passes 'npx midplane run plays a scenario that ships' npx --no-install midplane run use-the-flag
summary
