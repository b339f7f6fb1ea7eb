import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { evaluateAuditPolicy, parseAuditPolicy } from '../apiserver/audit/audit-policy';
import type { Attributes } from '../apiserver/authorize';
import { traceKinds } from '../report/outcome';

/** The page is written by hand; this keeps it true. */
const page = readFileSync(join(__dirname, '..', '..', 'docs', 'detection.md'), 'utf8');

describe('docs/detection.md', () => {
  test.each(traceKinds)('says where a trace of kind %s is looked for', (kind) => {
    expect(page).toContain(`| \`${kind}\` |`);
  });

  test('has an audit policy that tells what its text says', () => {
    const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    const policy = parseAuditPolicy(yaml, 'docs/detection.md');
    const levelOf = (asked: Partial<Attributes>) =>
      evaluateAuditPolicy(policy, { ...request, ...asked } as Attributes).level;
    expect(levelOf({ verb: 'patch', resource: 'nodes', subresource: 'status', name: 'node-1' })).toBe(
      'Request',
    );
    const lease = { group: 'coordination.k8s.io', resource: 'leases', verb: 'update' };
    expect(levelOf({ ...lease, namespace: 'kube-node-lease' })).toBe('None');
    expect(levelOf({ ...lease, namespace: 'kube-system' })).toBe('Metadata');
    expect(levelOf({ verb: 'get', resource: 'pods', subresource: 'log', namespace: 'default' })).toBe(
      'Metadata',
    );
  });
});

const request: Attributes = {
  kind: 'resource',
  user: { name: 'system:node:node-1', groups: ['system:nodes'] },
  verb: 'get',
  group: '',
  resource: '',
  subresource: '',
  namespace: '',
  name: '',
};
