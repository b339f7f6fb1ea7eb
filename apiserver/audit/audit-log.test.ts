import { PassThrough, Writable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import pino from 'pino';
import type { Attributes } from '../authorize';
import { auditLogTo } from './audit-log';
import { evaluateAuditPolicy, parseAuditPolicy } from './audit-policy';

const policy = parseAuditPolicy(
  `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: None
  users: [system:kube-proxy]
  verbs: [watch]
- level: Metadata
  resources: [{group: "", resources: [secrets, "pods/*", "*/status"]}]
- level: Request
  namespaces: [prod]
  omitStages: [Panic]
- level: None
  nonResourceURLs: ["/healthz*"]
- level: RequestResponse
  userGroups: [dev]
`,
  'policy.yaml',
);

const resource = (text: string, over: Partial<Attributes> = {}): Attributes => {
  const [verb = '', what = '', namespace = '', user = 'jane'] = text.split(' ');
  const [name = '', subresource = ''] = what.split('/');
  return {
    kind: 'resource',
    user: { name: user, groups: user === 'jane' ? ['dev'] : [] },
    verb,
    group: '',
    resource: name,
    subresource,
    namespace,
    name: '',
    ...over,
  } as Attributes;
};

describe('an audit policy', () => {
  test.each([
    ['watch services x system:kube-proxy', 'None'],
    ['get secrets x', 'Metadata'],
    ['create pods/exec x', 'Metadata'],
    ['update services/status x', 'Metadata'],
    ['get services prod', 'Request'],
    ['get services x', 'RequestResponse'],
    ['get services x bob', 'None'],
  ])('tells of `%s` at level %s', (text, level) => {
    expect(evaluateAuditPolicy(policy, resource(text)).level).toBe(level);
  });

  test('knows paths, and which stages to leave out', () => {
    const user = { name: 'bob', groups: [] };
    const path = (at: string): Attributes => ({ kind: 'path', user, verb: 'get', path: at });
    expect(evaluateAuditPolicy(policy, path('/healthz/etcd')).level).toBe('None');
    expect(evaluateAuditPolicy(policy, resource('get services prod'))).toEqual({
      level: 'Request',
      omitStages: ['RequestReceived', 'Panic'],
    });
  });

  test.each([
    ['apiVersion: v1\nkind: Policy\nrules: [{level: None}]', /unknown group version field v1, Policy/],
    ['apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: []', /illegal policy with 0 rules/],
    [
      'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: All}]',
      /rules\[0\]\.level: Unsupported value: "All"/,
    ],
  ])('is refused: %s', (text, why) => {
    expect(() => parseAuditPolicy(text, 'policy.yaml')).toThrow(why);
  });
});

describe('an audit log', () => {
  function collecting() {
    const told: string[] = [];
    const stream = new PassThrough();
    stream.on('data', (line: Buffer) => told.push(String(line)));
    return { told, log: pino({ level: 'error' }, stream) };
  }

  test('drops what a slow disk does not take, and says so once', () => {
    const { told, log } = collecting();
    const written: string[] = [];
    const slow = new Writable({ write: (chunk) => written.push(String(chunk)) });
    const audit = auditLogTo(slow, log, { queueBytes: 10 });
    for (let n = 0; n < 5; n += 1) audit.write({ n, padding: 'xxxxxxxxxxxx' });
    expect(written).toHaveLength(1);
    expect(told.filter((line) => line.includes('it is too slow'))).toHaveLength(1);
  });

  test('tells once that it cannot write, and goes on without', async () => {
    const { told, log } = collecting();
    const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error('no space')) });
    const audit = auditLogTo(broken, log);
    const closed = new Promise((resolve) => broken.once('close', resolve));
    audit.write({ n: 1 });
    await closed;
    audit.write({ n: 2 });
    await audit.close();
    expect(told.filter((line) => line.includes('no space'))).toHaveLength(1);
  });
});
