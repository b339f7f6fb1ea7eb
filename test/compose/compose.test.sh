#!/usr/bin/env bash
# The lab in containers, really built and started: ready in time, the same matrix as the embedded lab, real kubectl from
# this machine, every container crashed and back again, and nothing left afterwards.
#
#   test/compose/compose.test.sh [CACHE_DIRECTORY]
#   test/compose/compose.test.sh --bench [CACHE_DIRECTORY]    only what is measured, as a table
#
# Uses the Docker daemon that runs here, or starts one for the test and stops it again (docker-daemon.sh). Last line:
# N passed, N failed. Exit 77 and SKIPPED LOUDLY where there is no Docker to be had.
# shellcheck disable=SC2086,SC2046 # the compose command may be two words, and containers are a list
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.." || exit
unset MIDPLANE_LAB MIDPLANE_DEFENCE
bench_only=no
[ "${1:-}" != --bench ] || { bench_only=yes; shift; }

readonly READY_SECONDS=20 MATRIX_SECONDS=20 MEMORY_MB=600 BACK_SECONDS=40
# Whom a neighbour deceived asks three times within two seconds, and a kernel may hear but the second question (locktime).
readonly HEAL_SECONDS=10
export COMPOSE_PROJECT_NAME=midplane-test-$$
passed=0
failed=0
had_kubeconfig=$([ -e midplane ] && echo yes || echo no)
work=$(mktemp -d)

ok() { passed=$((passed + 1)); echo "ok: $*"; }
fail() { failed=$((failed + 1)); echo "FAILED: $*"; }
# check NAME COMMAND...
check() { local name=$1; shift; if "$@"; then ok "$name"; else fail "$name"; fi; }
# check_to FILE NAME COMMAND...: the command's output goes into the file.
check_to() { local file=$1 name=$2; shift 2; if "$@" >"$file"; then ok "$name"; else fail "$name"; fi; }
# bench WHAT VALUE AIM
rows=()
bench() { rows+=("$(printf '%-28s %10s   %s' "$1" "$2" "$3")"); echo "bench: $1 $2"; }
now() { date +%s%3N; }
compose() { timeout 300 $tool "$@"; }
midplane() { timeout 200 $tool exec -T workstation midplane "$@"; }

finish() {
  local code=$?
  if [ -n "${tool:-}" ]; then
    [ "$failed" -eq 0 ] || compose logs --no-color --tail 15 >&2
    compose --profile arp --profile tunnels down -v -t 4 >/dev/null 2>&1
  fi
  "$here/docker-daemon.sh" stop
  [ "$had_kubeconfig" = yes ] || rm -rf midplane
  rm -rf "$work"
  exit "$code"
}
trap finish EXIT

assignments=$("$here/docker-daemon.sh" start) || exit $?
eval "$assignments"
tool=$("$here/compose-tool.sh") || exit $?
image=$(sed -n 's/^FROM \(node:[^ ]*\).*/\1/p' Dockerfile | head -1)
"$here/base-image.sh" "$image" "${1:-}" || exit $?

service_container() { docker ps -aq --no-trunc --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" --filter "label=com.docker.compose.service=$1"; }
services='apiserver controller-manager scheduler node-1 node-2 kube-proxy-1 kube-proxy-2 attacker workstation'
all_healthy() {
  [ "$(docker ps -q --filter health=healthy --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" | wc -l)" -eq 9 ]
}
# within SECONDS COMMAND...
within() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.2
  done
}
up() { compose up -d >"$work/up.log" 2>&1 || cat "$work/up.log" >&2; within 60 all_healthy; }

# The subnets are fixed (docker-compose.yml): where this machine sends them elsewhere, its kubectl would not find the lab.
elsewhere=$(! command -v ip >/dev/null || ip -4 route show root 10.78.0.0/16)
if [ -n "$elsewhere" ]; then
  fail "this machine has another way to the addresses of the lab: $elsewhere"
  echo "$passed passed, $failed failed"
  exit 1
fi

echo '=== build'
check 'the compose file is valid' compose config -q
check_to "$work/build.log" 'the image is built' compose build pki

echo '=== up'
began=$(now)
check 'every service becomes healthy' up
took=$(($(now) - began))
bench 'up to ready' "$((took / 1000)).$((took % 1000 / 100)) s" "under $READY_SECONDS s"
check "ready within $READY_SECONDS s of up" [ "$took" -lt $((READY_SECONDS * 1000)) ]
check 'lab status says that every part is up' midplane lab status

echo '=== who can do what'
for service in $services; do
  caps=$(docker exec "$(service_container "$service")" sh -c 'sed -n "s/^CapEff:\t//p" /proc/self/status')
  user=$(docker exec "$(service_container "$service")" id -u)
  check "$service: a shell in it has no capability ($caps) and is not root ($user)" [ "$caps" = 0000000000000000 -a "$user" = 1000 ]
done
check 'the attacker has its token and nothing else' [ "$(compose exec -T attacker ls /etc/midplane/attacker | sort | tr '\n' ' ')" = 'control-token set ' ]
check 'nobody else sees the kubelet keys' bash -c "! timeout 20 $tool exec -T attacker find / -xdev -name '*.key' -not -path '/proc/*' 2>/dev/null | grep -q ."
check 'the one published port is on 127.0.0.1' [ "$(docker ps --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" --format '{{.Ports}}' | grep -o '[0-9.]*:[0-9]*->' | tr '\n' ' ')" = '127.0.0.1:16443-> ' ]

echo '=== the matrix'
began=$(now)
check_to "$work/containers.json" 'matrix runs in the workstation' midplane matrix -o json
took=$(($(now) - began))
# Machines are noisy: the better of two counts.
if [ "$took" -ge $((MATRIX_SECONDS * 1000)) ]; then
  echo "the first matrix took $took ms, once more"
  began=$(now)
  midplane matrix -o json >"$work/containers.json"
  again=$(($(now) - began))
  [ "$again" -lt "$took" ] && took=$again
fi
cells=$(grep -c '"technique":' "$work/containers.json")
bench matrix "$((took / 1000)).$((took % 1000 / 100)) s" "under $MATRIX_SECONDS s"
bench 'cells a second' "$((cells * 1000 / took))" ''
check "the matrix takes less than $MATRIX_SECONDS s" [ "$took" -lt $((MATRIX_SECONDS * 1000)) ]
memory=$(docker stats --no-stream --format '{{.MemUsage}}' $(for s in $services; do service_container "$s"; done) | awk '{ if ($1 ~ /GiB/) sum += 1024 * $1; else sum += $1 } END { printf "%d", sum }')
bench 'memory of all containers' "$memory MB" "under $MEMORY_MB MB"
check "less than $MEMORY_MB MB in all" [ "$memory" -lt "$MEMORY_MB" ]
if [ "$bench_only" = yes ]; then
  printf '%s\n' "${rows[@]}"
  [ "$failed" -eq 0 ]
  exit
fi
check_to "$work/containers-all.json" 'matrix --all runs in the workstation' midplane matrix --all -o json
check_to "$work/embedded-all.json" 'and embedded, in the same image' docker run --rm --network none midplane:local matrix --all -o json
check 'both are equal cell by cell' node "$here/compare-matrices.cjs" "$work/embedded-all.json" "$work/containers-all.json"

echo '=== scenario files'
# Those of its own that this lab can play, with the settings of each twin written into it; the others are left out, with a reason.
check 'scenarios give what they declare' midplane run --all -o story -o json=/tmp/scenarios.json
compose exec -T workstation cat /tmp/scenarios.json >"$work/scenarios.json"
for name in by-default-the-apiserver-does-not-verify use-the-flag https-does-not-validate; do
  check "$name is among those that were played" node -e \
    'process.exit(require(process.argv[1]).items.some(({ scenario }) => scenario.id === process.argv[2]) ? 0 : 1)' "$work/scenarios.json" "$name"
done
check 'one cell is told as a story, and recorded' midplane record --path logs --defence none --technique self-signed -o /tmp/logs.ndjson
check 'its recording is replayed' midplane replay /tmp/logs.ndjson
midplane run anonymous-kubelet 2>"$work/scenario.err"
code=$?
check "one that cannot be played is refused by its name ($code): $(head -1 "$work/scenario.err")" \
  [ "$code" -eq 2 -a -n "$(grep '^error: scenario "anonymous-kubelet" is not run in the lab in containers: .' "$work/scenario.err")" ]
sed 's/^  name: .*/  name: one-of-ours/' scenarios/use-the-flag.yaml | compose exec -T workstation sh -c 'cat > /tmp/one-of-ours.yaml'
check 'a file of one’s own is played as well' midplane run /tmp/one-of-ours.yaml --twin fixed -o json=/dev/null
check 'afterwards the lab has its own flags again' bash -c "$(declare -f within midplane); tool='$tool'; within $BACK_SECONDS midplane lab status && midplane lab status | grep -q 'defence *none'"

echo '=== real kubectl from this machine'
if command -v kubectl >/dev/null; then
  kubectl() { timeout 30 kubectl --kubeconfig midplane/kubeconfig "$@"; }
  export -f kubectl
  reached=$(kubectl get --raw /readyz 2>&1)
  check 'the published port leads to the apiserver' [ "$reached" = ok ]
  if [ "$reached" != ok ]; then
    echo "$reached"
    ip -4 route
    ip -4 neighbour show to 10.78.0.0/16
    curl --silent --show-error --insecure --max-time 5 https://10.78.1.10:6443/readyz && echo ' from 10.78.1.10 itself'
    curl --silent --show-error --insecure --max-time 5 https://127.0.0.1:16443/readyz && echo ' from 127.0.0.1'
    docker ps --format '{{.Names}} {{.Status}} {{.Ports}}'
    pgrep -af docker-proxy
    compose logs --no-color --tail 20 apiserver
  fi
  for defence in none kubelet-ca; do
    check "lab set $defence" midplane lab set "$defence"
    check "$defence: both nodes are Ready" [ "$(kubectl get nodes --no-headers | grep -c ' Ready ')" -eq 2 ]
    check "$defence: exec" [ "$(kubectl exec web -- echo hello)" = hello ]
    kubectl exec web -- sh -c 'echo marked > /proc/1/fd/1'
    check "$defence: logs" [ "$(kubectl logs web --tail=1)" = marked ]
  done

  echo '=== services through kube-proxy'
  account=/var/run/secrets/kubernetes.io/serviceaccount
  in_box() { kubectl exec box -- sh -c "$1"; }
  ask() { in_box "curl -s --cacert $account/ca.crt -H \"Authorization: Bearer \$(cat $account/token)\" $1"; }
  export -f in_box ask
  export account
  kubectl create rolebinding look --clusterrole=view --serviceaccount=default:default >/dev/null
  for name in kubernetes.default.svc 10.96.0.1; do
    check "a pod asks the apiserver as $name, with its token and authority" \
      bash -c "ask https://$name/api/v1/namespaces/default/pods | grep -q PodList"
  done
  in_box 'curl -s https://kubernetes.default.svc/version'
  code=$?
  check "and does not believe it without that authority ($code)" [ "$code" -eq 60 ]
  rules() { docker exec "$(service_container kube-proxy-1)" in-node nft list table ip kube-proxy; }
  rules >"$work/rules"
  check 'by the rules of its kube-proxy, in the kernel of the node' grep -q '10.96.0.1 . \(tcp\|6\) . 443 : goto service-' "$work/rules"
  check 'which its kubelet cannot read or change' [ -z "$(docker exec "$(service_container node-1)" nft list ruleset 2>/dev/null)" ]
  check 'a port that the service has not is refused' bash -c "in_box 'nc -z -w 2 10.96.0.1 444' 2>&1 | grep -q 'Connection refused'"
  kubectl run operator --image=midplane/in-cluster-client >/dev/null
  check 'a program in a pod finds the apiserver as operators do' within 20 bash -c "kubectl logs operator | grep -q '/pods: 200: '"
  kubectl expose pod web --name front --type NodePort --port 80 --target-port 8080 >/dev/null
  check 'a service leads to its pod by name' within 10 bash -c "in_box 'curl -s http://front/' | grep -q web"
  port=$(kubectl get service front -o 'jsonpath={.spec.ports[0].nodePort}')
  for node in 10.78.2.11 10.78.2.12; do
    check "and by its port at $node, from another network" docker exec "$(service_container workstation)" midplane lab status --probe "http://$node:$port/"
  done
  kubectl create service clusterip trap --tcp 80:8080 >/dev/null
  kubectl patch service trap -p '{"spec":{"selector":{"app":"web-2"},"externalIPs":["203.0.113.7"]}}' >/dev/null
  check 'externalIPs lead what is meant for somebody else to a pod (CVE-2020-8554)' within 10 bash -c "in_box 'curl -s -m 2 http://203.0.113.7/' | grep -q web-2"
  kubectl delete service trap front >/dev/null
  check 'until the service is gone' within 10 bash -c "! in_box 'curl -s -m 1 http://203.0.113.7/'"
  kubectl create deployment sleepers --image=midplane/logger --replicas=2 >/dev/null
  check 'a Deployment has its pods, on nodes that the scheduler chose' kubectl rollout status deployment sleepers --timeout=20s
  kubectl delete deployment sleepers >/dev/null
  kubectl delete pod operator --now >/dev/null
else
  echo 'SKIPPED LOUDLY: no kubectl on this machine'
fi

echo '=== parts that are away'
attacks() { compose logs --no-color attacker 2>/dev/null | grep -c '"attack withdrawn"'; }
for service in apiserver node-1 attacker; do
  before=$(attacks)
  midplane matrix -o json >/dev/null 2>"$work/away.err" &
  matrix=$!
  more_attacks() { [ "$(attacks)" -gt $((before + 3)) ]; }
  within 30 more_attacks
  # Killed by an operator, docker leaves it dead.
  docker kill "$(service_container "$service")" >/dev/null
  wait "$matrix"
  code=$?
  check "$service dies: the matrix ends with 3 ($code) and names it: $(head -1 "$work/away.err")" \
    [ "$code" -eq 3 -a -n "$(grep "^error: $service is away" "$work/away.err")" ]
  midplane lab status >"$work/status"
  code=$?
  check "$service is dead: lab status ends with 1 ($code) and says so" [ "$code" -eq 1 -a -n "$(grep "^$service *away" "$work/status")" ]
  docker start "$(service_container "$service")" >/dev/null
  check "$service is back: the others recover by themselves" within "$BACK_SECONDS" midplane lab status
done

echo '=== an attacker that is back before anybody looks'
before=$(attacks)
midplane matrix -o json >/dev/null 2>"$work/away.err" &
matrix=$!
within 30 more_attacks
docker exec "$(service_container attacker)" sh -c 'kill -9 -1'
wait "$matrix"
code=$?
check "the matrix ends with 3 ($code) and names it: $(head -1 "$work/away.err")" \
  [ "$code" -eq 3 -a -n "$(grep '^error: attacker \(is away\|was restarted\)' "$work/away.err")" ]
within "$BACK_SECONDS" midplane lab status

echo '=== crashes'
for service in $services; do
  before=$(docker inspect -f '{{.RestartCount}}' "$(service_container "$service")")
  # Every process but the container's first, which then ends as well: the restart policy has it back.
  docker exec "$(service_container "$service")" sh -c 'kill -9 -1'
  restarted() { [ "$(docker inspect -f '{{.RestartCount}}' "$(service_container "$service")")" -gt "$before" ]; }
  check "$service crashes: docker starts it again" within 10 restarted
  check "$service crashes: the lab recovers by itself" within "$BACK_SECONDS" midplane lab status
done

echo '=== restarts'
for service in $services; do
  began=$(now)
  compose restart -t 10 "$service" >/dev/null 2>&1
  took=$(($(now) - began))
  check "$service ends on SIGTERM and starts again in less than 4 s ($took ms)" [ "$took" -lt 4000 ]
done
check 'after all restarts the lab recovers by itself' within "$BACK_SECONDS" midplane lab status
check_to "$work/again.json" 'and its matrix still works' midplane matrix --path logs,pod-proxy-https -o json

echo '=== forged ARP on one segment'
hardware_address() { docker exec "$(service_container "$1")" cat /sys/class/net/eth0/address; }
# neighbour SERVICE ADDRESS: whom its kernel takes for the address.
neighbour() { docker exec "$(service_container "$1")" awk -v a="$2" '$1 == a { print $4 }' /proc/net/arp; }
by_arp() { timeout 200 $tool exec -T -e MIDPLANE_LAB=/etc/midplane/lab/arp.json workstation midplane "$@"; }
genuine=$(neighbour apiserver 10.78.1.2)
compose --profile arp up -d >/dev/null 2>&1
check 'the neighbour is ready' within 20 by_arp lab status
forger=$(hardware_address arp-attacker)
check 'the apiserver takes it for the gateway' [ -n "$forger" -a "$forger" != "$genuine" -a "$(neighbour apiserver 10.78.1.2)" = "$forger" ]
check 'and the gateway takes it for the apiserver' [ "$(neighbour attacker 10.78.1.10)" = "$forger" ]
others=$(attacks)
check_to "$work/arp.json" 'matrix --all by the neighbour' by_arp matrix --all -o json
check 'is equal to the embedded one cell by cell' node "$here/compare-matrices.cjs" "$work/embedded-all.json" "$work/arp.json"
check 'and the router had no part in it' [ "$(attacks)" -eq "$others" ]
# Not at once: after its last cell the matrix has put the first defence back, which starts the kubelets anew.
check 'without an attack everything still gets through, past the neighbour' within "$BACK_SECONDS" midplane lab status
check 'which is still taken for the gateway' [ "$(neighbour apiserver 10.78.1.2)" = "$forger" ]
docker stop -t 10 "$(service_container arp-attacker)" >/dev/null
believes_the_truth() { [ "$(neighbour apiserver 10.78.1.2)" = "$genuine" ] && [ "$(neighbour attacker 10.78.1.10)" = "$(hardware_address apiserver)" ]; }
check 'when it stops, the apiserver and the gateway find each other again' within "$HEAL_SECONDS" believes_the_truth
check 'and the lab recovers by itself' within "$BACK_SECONDS" midplane lab status
compose --profile arp rm -sf arp-attacker >/dev/null 2>&1

echo '=== tunnels'
check 'lab set brings back the flags to begin with' midplane lab set none
midplane lab set ssh-tunnel >/dev/null 2>"$work/tunnels.err"
code=$?
check "without its profile no tunnel can be set ($code), and one is told which: $(head -1 "$work/tunnels.err")" \
  [ "$code" -eq 2 -a -n "$(grep 'profile tunnels: nobody listens at 10.78.2.11:22' "$work/tunnels.err")" ]
carriers='sshd-1 sshd-2 konnectivity-server konnectivity-agent cp-neighbour node-neighbour'
compose --profile tunnels up -d >/dev/null 2>&1
carriers_healthy() {
  local service
  for service in $carriers; do
    [ "$(docker inspect -f '{{.State.Health.Status}}' "$(service_container "$service")")" = healthy ] || return 1
  done
}
check 'every service of the profile becomes healthy' within 60 carriers_healthy
for service in $carriers; do
  caps=$(docker exec "$(service_container "$service")" sh -c 'sed -n "s/^CapEff:\t//p" /proc/self/status')
  user=$(docker exec "$(service_container "$service")" id -u)
  check "$service: a shell in it has no capability ($caps) and is not root ($user)" [ "$caps" = 0000000000000000 -a "$user" = 1000 ]
done
check 'the sshd of a node reads its own host key and no other private one' [ "$(compose exec -T sshd-1 ls /etc/ssh | sort | tr '\n' ' ')" = 'authorized_keys host_key host_key.pub set ' ]
# side SIDE DEFENCES: the cells of both labs, and whether they are the same.
side() {
  local cells="matrix --side $1 --defence $2 --path logs,pod-proxy-http --technique tap,self-signed,relay -o json"
  check_to "$work/containers-$1.json" "matrix of $2 from the side $1" midplane $cells
  check_to "$work/embedded-$1.json" 'and embedded' docker run --rm --network none midplane:local $cells
  check 'both are equal cell by cell' node "$here/compare-matrices.cjs" "$work/embedded-$1.json" "$work/containers-$1.json"
}
side control-plane ssh-tunnel,ssh-tunnel-known-hosts,konnectivity,konnectivity-kubelet-ca
side node konnectivity
check 'a scenario file is played through SSH tunnels, too' midplane run if-not-possible-use-ssh-tunnelling -o json=/dev/null
side both konnectivity-kubelet-ca
midplane matrix --defence ssh-tunnel --side node >/dev/null 2>"$work/tunnels.err"
code=$?
check "a side that is not there is a usage error ($code): $(head -1 "$work/tunnels.err")" \
  [ "$code" -eq 2 -a -n "$(grep '^error: side "node" of ssh-tunnel cannot be taken' "$work/tunnels.err")" ]
check 'afterwards the lab has its own flags again, and is whole' bash -c "$(declare -f within compose midplane); tool='$tool'; within $BACK_SECONDS midplane lab status && midplane lab status | grep -q 'defence *none'"
compose --profile tunnels rm -sf $carriers >/dev/null 2>&1

echo '=== down'
compose down -v -t 4 >/dev/null 2>&1
check_to "$work/up.log" 'another first defence' env MIDPLANE_DEFENCE=kubelet-ca $tool up -d
check 'is in force' bash -c "$(declare -f within compose midplane all_healthy); tool='$tool'; within 60 midplane lab status && midplane lab status | grep -q 'defence *kubelet-ca'"
compose down -v -t 4 >/dev/null 2>&1
left=$(docker ps -aq --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME"; docker volume ls -q --filter "name=$COMPOSE_PROJECT_NAME"; docker network ls -q --filter "name=$COMPOSE_PROJECT_NAME")
check 'down -v leaves no container, volume or network' [ -z "$left" ]

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
