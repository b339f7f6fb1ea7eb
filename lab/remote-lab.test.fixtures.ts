import type { KubeObject } from '../api/objects';
import type { KubeClient } from '../client/kube-client';
import { MidplaneError } from '../error';
import type { Cell } from '../report/outcome';
import { composeSettings } from './compose-settings';
import { composeTunnel } from './compose-tunnels';
import { formatFlags } from './flag-file';
import type { RemoteLab } from './remote-lab';
import { type LabFiles, remoteSettings } from './remote-settings';

/** A disk of a workstation. */
export function filesInMemory(begin: Readonly<Record<string, string>>): {
  readonly texts: Map<string, string>;
  readonly files: LabFiles;
} {
  const texts = new Map(Object.entries(begin));
  return {
    texts,
    files: {
      read: async (path) => {
        const text = texts.get(path);
        if (text === undefined) throw new MidplaneError('FILE_UNREADABLE', `cannot read "${path}"`);
        return text;
      },
      replace: async (path, content) => void texts.set(path, content),
      remove: async (path) => void texts.delete(path),
    },
  };
}

type RemoteCell = Parameters<RemoteLab['run']>[0];

/**
 * A lab in containers without any: flag files and objects in memory, and an apiserver that believes every kubelet until a
 * flag says whom to believe.
 */
export function fakeRemoteLab(
  fakes: {
    /** Before each cell. */
    readonly onCell?: (cell: RemoteCell) => void;
    /** After settings were written, and before every part is back. */
    readonly onApplied?: () => void;
    readonly tunnels?: boolean;
  } = {},
) {
  const none = composeSettings('none');
  const { texts, files } = filesInMemory({
    '/settings/apiserver.flags': `# mine\n${formatFlags(none?.['apiserver.flags'] ?? [])}`,
    '/settings/node-1.flags': formatFlags(none?.['node-1.flags'] ?? []),
    '/settings/node-2.flags': formatFlags(none?.['node-2.flags'] ?? []),
  });
  const flagFiles = remoteSettings('/settings', files);
  const objects = new Map<string, KubeObject>();
  /** What was done to the lab, in order. */
  const done: string[] = [];
  const admin = {
    request: async (method: string, path: string, { body }: { body?: KubeObject } = {}) => {
      const [name = ''] = (method === 'POST' ? `${path}/${body?.metadata.name}` : path).split('?');
      const known = objects.get(name);
      if (method !== 'GET') done.push(`${method} ${name}`);
      if (method === 'POST' && known !== undefined) return { ok: false, status: 409, words: 'is there' };
      if (method === 'POST' && body !== undefined)
        objects.set(name, { ...body, status: { phase: 'Running' } } as KubeObject);
      else if (known === undefined) return { ok: false, status: 404, words: 'not found' };
      if (method === 'DELETE') objects.delete(name);
      return { ok: true, status: 200, words: '', json: () => known };
    },
  } as unknown as KubeClient;
  const remote = {
    admin,
    flagFiles,
    settings: '/settings',
    place: 'route',
    placeUnder: (defence) => composeTunnel(defence)?.position ?? 'route',
    requireTunnel: async (defence) => {
      if (composeTunnel(defence) === null || fakes.tunnels === true) return;
      done.push(`looks for the tunnel of ${defence}`);
      throw new MidplaneError('USAGE', 'nobody listens', { hint: 'start the profile' });
    },
    apply: async (change, signal) => {
      await change.write();
      done.push(`restarts ${change.files.map(({ file }) => file).join(', ') || 'nothing'}`);
      fakes.onApplied?.();
      signal?.throwIfAborted();
    },
    run: async (cell) => {
      fakes.onCell?.(cell);
      done.push(`${cell.technique} on ${cell.path.id} by ${cell.position}, side ${cell.side}`);
      const flags = (await flagFiles.flags())['apiserver.flags'];
      return cellOf(
        cell,
        flags.some((flag) => flag.startsWith('--kubelet-certificate-authority=')),
      );
    },
  } as RemoteLab;
  return { remote, texts, objects, done };
}

function cellOf({ path, defence, technique, position }: RemoteCell, isRefused: boolean): Cell {
  return {
    path: path.id,
    defence,
    technique,
    position,
    verdict: isRefused ? 'refused' : 'impersonated',
    works: true,
    read: { up: !isRefused, down: false },
    forged: !isRefused,
    tampered: null,
    clientCertificateShown: !isRefused,
    credential: null,
    tls: { version: 'TLSv1.3', alert: isRefused ? 'bad_certificate' : null },
    clientSaw: isRefused ? 'x509: certificate signed by unknown authority' : 'forged',
    reason: 'because',
    evidence: { lootQuote: null, connections: 1, genuineAnswers: [] },
  };
}
