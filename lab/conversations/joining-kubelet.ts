import pino from 'pino';
import { systemClock } from '../../client/clock';
import { failed, succeeded } from '../../client/command-outcome';
import { KubeClient } from '../../client/kube-client';
import { bootstrapClientCertificate } from '../../kubelet/bootstrap';
import { SIGNING_REQUESTS } from '../../kubelet/certificate-signing';
import { generateKey, privateKeyPem } from '../../pki/key-algorithm';
import { approveByHand } from '../approve-by-hand';
import type { Cluster } from '../cluster';
import type { Conversation } from '../lab-under-test';
import { Witness } from '../witness';
import { apiserverAccess, apiserverName, readBack, remove } from './admin-acts';

/** A machine that joins: it asks for its certificate with a bootstrap token, and an administrator approves. */
export function joiningKubelet(cluster: Cluster): Conversation {
  const { admin, newNode: host, pki } = cluster;
  let down = '';
  return {
    victim: host.name,
    ...apiserverName(cluster),
    plant: async (canaries) => {
      // Made once, and not in the midst of what is watched.
      await cluster.credentials.bootstrapToken();
      // It is in what the administrator says when he approves.
      down = canaries.down;
      await remove(admin, SIGNING_REQUESTS);
    },
    act: async (_canaries, signal) => {
      const access = { ...apiserverAccess(cluster), token: await cluster.credentials.bootstrapToken() };
      const keyPem = privateKeyPem(
        (await generateKey('ec-p256', cluster.randomFor(`key of ${host.name}`))).privateKey,
      );
      const observer = new Witness(access.server, null);
      await using client = new KubeClient({ ...access, from: host, observer });
      const stop = new AbortController();
      const approving = approveByHand(admin, pki.authority, down, stop.signal);
      const issued = await bootstrapClientCertificate({
        client,
        nodeName: host.name,
        keyPem,
        clock: systemClock,
        log: pino({ level: 'silent' }),
        signal,
      }).finally(() => stop.abort());
      await approving;
      const { stdout } = observer.outcome();
      return issued.kind === 'failed' ? failed(issued.text, { stdout }) : succeeded({ stdout });
    },
    heard: () => readBack(admin, SIGNING_REQUESTS),
  };
}
