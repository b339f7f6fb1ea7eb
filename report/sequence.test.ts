import { describe, expect, test } from '@jest/globals';
import type { TimelineEvent } from '../network/timeline';
import { sampleCell } from './matrix-sample.test.data';
import type { ScenarioRun } from './scenario-outcome';
import { cellScreens, scenarioScreens } from './screens';
import { cellSequence, type Sequence, scenarioSequence } from './sequence';
import { renderMermaid } from './sequence-mermaid';
import { renderSequenceSvg } from './sequence-svg';

const kubelet = { address: '10.0.0.11', port: 10250 };

function happened(...entries: [string, string | null, string, Record<string, unknown>?][]): TimelineEvent[] {
  return entries.map(([host, connection, kind, data = {}], index) => ({
    at: 10 * index,
    host,
    connection,
    kind,
    data,
  }));
}

const material = {
  cell: sampleCell('logs', 'none', 'self-signed'),
  command: 'kubectl logs web',
  events: happened(
    ['workstation', null, 'step', { step: 'control', command: 'kubectl logs web' }],
    ['workstation', 'c1', 'connection-opened', { to: kubelet, deliveredTo: 'control-plane' }],
    ['control-plane', 'c1', 'backend-dialled', { target: 'https://10.0.0.11:10250', trust: 'verify-nobody' }],
    ['control-plane', 'c2', 'connection-opened', { to: kubelet, deliveredTo: 'node-1' }],
    ['node-1', 'c2', 'request-received', { method: 'GET', path: '/containerLogs' }],
    ['workstation', null, 'command-ended', { ok: true, shown: 'down-1\n\u001b[31mred\r\n' }],
    ['workstation', null, 'step', { step: 'attack', command: 'kubectl logs web' }],
    ['attacker', null, 'position-taken', { describe: 'here' }],
    ['control-plane', 'c3', 'connection-opened', { to: kubelet, deliveredTo: 'attacker' }],
    ['attacker', 'c3', 'connection-intercepted', { to: kubelet }],
    ['attacker', 'c3', 'request-captured', { method: 'GET', path: '/containerLogs' }],
    ['attacker', 'c3', 'answer-forged', { status: 200 }],
    ['workstation', null, 'command-ended', { ok: true, shown: 'forged-1' }],
  ),
};

describe('the sequence of a cell', () => {
  const drawn = cellSequence(material);

  test('has the attacker beside whom it took a connection from', () => {
    expect(drawn.participants).toEqual(['control-plane', 'attacker', 'node-1']);
  });

  test('tells what crossed the network as messages, in their direction', () => {
    const messages = drawn.items.flatMap((item) =>
      item.kind === 'message' ? [`${item.from} > ${item.to}: ${item.text}`] : [],
    );
    expect(messages).toEqual([
      'control-plane > node-1: connects to 10.0.0.11:10250, and reaches node-1',
      'control-plane > node-1: receives GET /containerLogs',
      'control-plane > attacker: connects to 10.0.0.11:10250, and reaches attacker',
      'control-plane > attacker: reads the request: GET /containerLogs',
      'attacker > control-plane: answers with words of its own, status 200',
    ]);
  });

  test('has one who only listens send and receive nothing', () => {
    const tapped = happened(
      ['control-plane', 'c0', 'backend-dialled', { target: 'https://10.0.0.11:10250', trust: 'verify' }],
      [
        'control-plane',
        'c1',
        'connection-opened',
        { to: kubelet, deliveredTo: 'node-1', through: ['attacker'] },
      ],
      ['attacker', 'c1', 'connection-intercepted', {}],
      ['attacker', 'c1', 'request-captured', { method: 'GET', path: '/' }],
    );
    const { items } = cellSequence({ ...material, cell: sampleCell('logs', 'none', 'tap'), events: tapped });
    expect(items.flatMap((item) => (item.kind === 'message' ? [`${item.from} > ${item.to}`] : []))).toEqual([
      'control-plane > node-1',
    ]);
  });
});

describe('screens', () => {
  test('show the user’s commands and what they said, with nothing that moves a cursor', () => {
    expect(cellScreens(material).user.lines.map(({ text }) => text)).toEqual([
      '# without an attacker',
      '$ kubectl logs web',
      'down-1',
      '\\x1b[31mred',
      '# under attack',
      '$ kubectl logs web',
      'forged-1',
    ]);
  });

  test('show the attacker only what was noticed on its own machine', () => {
    const text = cellScreens(material)
      .attacker.lines.map((line) => line.text)
      .join('\n');
    expect(text).toContain('reads the request: GET /containerLogs');
    expect(text).not.toContain('down-1');
    expect(text).not.toContain('needs https');
  });
});

const run: ScenarioRun = {
  twin: 'open',
  setting: 'door: open',
  steps: [],
  gains: ['the silver'],
  traces: [],
  outcome: 'open',
  asClaimed: true,
  durationMs: 1,
};
const told = happened(
  ['admin', null, 'scenario-step', { did: 'leaves', saw: '', outcome: 'went-well' }],
  ['attacker', 'c1', 'connection-opened', { to: kubelet, deliveredTo: 'node-1' }],
  ['attacker', 'c2', 'connection-opened', { to: kubelet, deliveredTo: 'node-1' }],
  ['node-1', 'c3', 'connection-opened', { to: kubelet, deliveredTo: 'control-plane' }],
  ['attacker', null, 'scenario-step', { did: 'enters', saw: 'the silver', outcome: 'gained' }],
);

describe('a scenario', () => {
  test('is its steps, and the attacker’s connections, each once a step', () => {
    expect(scenarioSequence(run, told).items).toEqual([
      { kind: 'note', at: 'admin', text: 'leaves', tone: null },
      { kind: 'message', from: 'attacker', to: 'node-1', text: 'connects to 10.0.0.11:10250', tone: null },
      { kind: 'note', at: 'attacker', text: 'enters', tone: null },
      { kind: 'note', at: 'attacker', text: 'the silver', tone: 'bad' },
    ]);
  });

  test('has a screen for the attacker and one for all others', () => {
    const { user, attacker } = scenarioScreens(run, told);
    expect(user.lines.map(({ text }) => text)).toEqual(['admin$ leaves']);
    expect(attacker.lines.map(({ text }) => text)).toEqual([
      'attacker$ enters',
      '  the silver',
      'it got the silver',
    ]);
  });
});

const hostile: Sequence = {
  title: 'a <title>',
  participants: ['a', 'b'],
  items: [
    { kind: 'message', from: 'a', to: 'b', text: 'x; drop #1 <script>alert("&")</script>', tone: 'bad' },
    { kind: 'message', from: 'b', to: 'a', text: 'no', tone: 'good' },
    { kind: 'heading', text: 'all' },
  ],
};

describe('a diagram', () => {
  test('in Mermaid spells out whatever Mermaid would read otherwise', () => {
    expect(renderMermaid(hostile).split('\n')).toEqual([
      'sequenceDiagram',
      '  title a #60;title#62;',
      '  participant p0 as a',
      '  participant p1 as b',
      '  p0->>p1: x#59; drop #35;1 #60;script#62;alert(#34;#38;#34;)#60;/script#62;',
      '  p1-xp0: no',
      '  Note over p0,p1: all',
      '',
    ]);
  });

  test('as SVG escapes foreign words, and is as high as its items', () => {
    const svg = renderSequenceSvg(hostile);
    expect(svg).not.toContain('<script');
    expect(svg).toContain('&lt;script&gt;');
    const height = (text: string): number => Number(/height="(\d+)"/.exec(text)?.[1]);
    expect(height(renderSequenceSvg({ ...hostile, items: [] }))).toBeLessThan(height(svg));
  });
});
