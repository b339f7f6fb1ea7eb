import { describe, expect, test } from '@jest/globals';
import type { CarriedConnection } from '../network/carried-connection';
import type { AuditLine } from './footprint';
import { type Observed, tracesOf } from './traces';
import type { MachineView, NodeView, View } from './view';

const STRANGER = '10.0.0.66';
const KUBELET = { address: '10.0.0.11', port: 10250 };

const controlPlane: MachineView = {
  name: 'control-plane',
  addresses: ['10.0.0.10'],
  hardwareAddress: '02:42:0a:00:00:0a',
  neighbours: { '10.0.0.11': '02:42:0a:00:00:0b', [STRANGER]: '02:42:0a:00:00:42' },
  routes: ['10.0.0.10/24'],
  names: { 'node-1': '10.0.0.11' },
  redirects: [],
};
const attacker: MachineView = {
  ...controlPlane,
  name: 'attacker',
  addresses: [STRANGER],
  hardwareAddress: '02:42:0a:00:00:42',
};
const node: NodeView = {
  name: 'node-1',
  resourceVersion: '7',
  addresses: ['InternalIP 10.0.0.11'],
  labels: [],
  unschedulable: false,
  owners: ['kubelet (Update)'],
};
const quiet: View = { machines: [controlPlane, attacker], nodes: [node], requests: [] };
const nothing = { audit: [], connections: [], logs: [] };

const line: AuditLine = {
  id: '1',
  user: 'kubernetes-admin',
  verb: 'get',
  resource: 'pods/log',
  what: 'pods/log web in default',
  source: '10.0.0.5',
  agent: 'kubectl',
  code: 200,
};
const carried: CarriedConnection = {
  from: 'control-plane',
  source: '10.0.0.10',
  to: KUBELET,
  destination: KUBELET,
  deliveredTo: 'node-1',
};

function machines(changes: Partial<MachineView>): View {
  return { ...quiet, machines: [{ ...controlPlane, ...changes }, attacker] };
}

/** `kind where: text`, `!` for what lasts. */
function seen(observed: Partial<Observed>): string[] {
  const traces = tracesOf({
    before: quiet,
    during: quiet,
    after: quiet,
    attack: nothing,
    control: nothing,
    stranger: [STRANGER],
    complaint: null,
    target: KUBELET,
    ...observed,
  });
  return traces.map(({ kind, where, text, lasts }) => `${kind} ${where}: ${text}${lasts ? '!' : ''}`);
}

describe('what an attack left', () => {
  test.each<[string, Partial<Observed>, string[]]>([
    ['nothing', {}, []],
    [
      'a neighbour that moved to the attacker',
      { during: machines({ neighbours: { ...controlPlane.neighbours, '10.0.0.11': '02:42:0a:00:00:42' } }) },
      [
        'neighbour control-plane: 10.0.0.11 lladdr 02:42:0a:00:00:42, was 02:42:0a:00:00:0b; 10.0.0.66 has the same',
      ],
    ],
    [
      'a neighbour that is new',
      { during: machines({ neighbours: { ...controlPlane.neighbours, '10.0.0.12': 'x' } }) },
      [],
    ],
    [
      'a route that stays',
      {
        during: machines({ routes: ['10.0.0.10/24', '10.0.0.11/32 via 10.0.0.66'] }),
        after: machines({ routes: ['10.0.0.10/24', '10.0.0.11/32 via 10.0.0.66'] }),
      },
      ['route control-plane: a new route: 10.0.0.11/32 via 10.0.0.66!'],
    ],
    [
      'another answer of the resolver',
      { during: machines({ names: { 'node-1': STRANGER } }) },
      ['resolver control-plane: node-1 is 10.0.0.66, was 10.0.0.11'],
    ],
    [
      'what a pod is told that was not there before',
      { during: { ...quiet, machines: [...quiet.machines, { ...controlPlane, name: 'default/backup' }] } },
      ['resolver default/backup: node-1 is 10.0.0.11, which its resolver was not told before'],
    ],
    [
      'a translation of its own',
      { during: machines({ redirects: ['prerouting 10.0.0.10:6443 redirect to :32769'] }) },
      ['nat control-plane: prerouting 10.0.0.10:6443 redirect to :32769'],
    ],
    [
      'what the attacker does on its own machine',
      {
        during: {
          ...quiet,
          machines: [controlPlane, { ...attacker, redirects: ['prerouting 10.0.0.11:10250 redirect to :1'] }],
        },
      },
      [],
    ],
    [
      'a Node that says it is elsewhere, and who wrote so, when it says the truth again',
      {
        during: {
          ...quiet,
          nodes: [
            {
              ...node,
              resourceVersion: '9',
              addresses: ['InternalIP 10.0.0.66'],
              owners: ['kubectl (Update)'],
            },
          ],
        },
        after: { ...quiet, nodes: [{ ...node, resourceVersion: '10', owners: ['kubectl (Update)'] }] },
      },
      [
        'node Node node-1: status.addresses: InternalIP 10.0.0.66; was InternalIP 10.0.0.11 (resourceVersion 7 → 9)',
        'node Node node-1: managedFields: f:addresses written by kubectl (Update); was kubelet (Update)!',
      ],
    ],
    [
      'a request from a machine that is none of the cluster’s',
      {
        attack: { ...nothing, audit: [{ ...line, source: STRANGER }] },
        control: { ...nothing, audit: [line] },
      },
      [
        'audit audit log: get pods/log web in default by kubernetes-admin from 10.0.0.66: 200; otherwise that user comes from 10.0.0.5!',
        'audit audit log: no get pods/log by kubernetes-admin from 10.0.0.5, as there is without the attacker!',
      ],
    ],
    [
      'another answer to the same request',
      { attack: { ...nothing, audit: [{ ...line, code: 500 }] }, control: { ...nothing, audit: [line] } },
      [
        'audit audit log: get pods/log web in default by kubernetes-admin from 10.0.0.5: 500; without the attacker 200!',
      ],
    ],
    [
      'an answer that nobody has written down yet',
      { attack: { ...nothing, audit: [{ ...line, code: null }] }, control: { ...nothing, audit: [line] } },
      [],
    ],
    [
      'the same request, and a lease that was not renewed just now',
      {
        attack: { ...nothing, audit: [line] },
        control: { ...nothing, audit: [line, { ...line, resource: 'leases', verb: 'update' }] },
      },
      [],
    ],
    [
      'the services that a kubelet asks for when those it has are old',
      {
        attack: { ...nothing, audit: [] },
        control: {
          ...nothing,
          audit: [{ ...line, user: 'system:node:node-1', verb: 'list', resource: 'services' }],
        },
      },
      [],
    ],
    [
      'a connection that one end believes in and the other never saw',
      {
        attack: { ...nothing, connections: [{ ...carried, deliveredTo: 'attacker' }] },
        control: { ...nothing, connections: [carried] },
      },
      [
        'connection node-1: no connection 10.0.0.10 → 10.0.0.11:10250, as there is without the attacker; ask control-plane whether it has one',
      ],
    ],
    [
      'connections that a machine passed on with their addresses',
      {
        attack: { ...nothing, connections: [carried] },
        control: { ...nothing, connections: [carried] },
      },
      [],
    ],
    [
      'the attacker at the genuine endpoint',
      {
        attack: {
          ...nothing,
          connections: [
            { ...carried, from: 'attacker', source: STRANGER },
            { ...carried, from: 'attacker', source: STRANGER, to: { address: STRANGER, port: 6443 } },
          ],
        },
      },
      [
        'connection node-1: a connection 10.0.0.66 → 10.0.0.11:10250, from a machine that is not of the cluster',
      ],
    ],
    [
      'a log line that there is only now, beside one that there always is',
      {
        attack: {
          ...nothing,
          logs: [
            { level: 30, message: 'TLS handshake error', fields: { component: 'apiserver' } },
            { level: 30, message: 'as usual', fields: { component: 'kubelet', node: 'node-1' } },
          ],
        },
        control: { ...nothing, logs: [{ level: 30, message: 'as usual', fields: {} }] },
      },
      ['log log of apiserver: TLS handshake error!'],
    ],
    [
      'the words of the client',
      { complaint: { where: 'what the user saw', text: 'x509: no' } },
      ['client what the user saw: x509: no!'],
    ],
  ])('%s', (_what, observed, expected) => {
    expect(seen(observed)).toEqual(expected);
  });

  test('of one kind is not told without end', () => {
    const audit = Array.from({ length: 9 }, (_, index) => ({
      ...line,
      id: String(index),
      source: STRANGER,
      what: `pods/log pod-${index}`,
    }));
    const traces = seen({ attack: { ...nothing, audit }, control: null });
    expect(traces).toHaveLength(7);
    expect(traces.at(-1)).toContain('and 3 more of this kind');
  });

  test('in a whole scenario is what strangers did, what was denied, and who asked for certificates', () => {
    const requests = [
      { name: 'csr-1', username: 'system:node:node-2', signerName: 'kubernetes.io/kubelet-serving' },
    ];
    const audit = [line, { ...line, id: '2', user: 'system:node:node-2', code: 403 }];
    const observed = {
      control: null,
      target: null,
      after: { ...quiet, requests },
      attack: { ...nothing, audit },
    };
    expect(seen(observed)).toEqual([
      'csr CertificateSigningRequest csr-1: kubernetes.io/kubelet-serving, requested by system:node:node-2!',
      'audit audit log: get pods/log web in default by system:node:node-2 from 10.0.0.5: 403!',
    ]);
  });
});
