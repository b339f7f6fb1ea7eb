import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { misfit } from '../report/fits-schema';
import { renderMatrixJson } from '../report/matrix-json';
import type { InterceptionMatrix } from '../report/outcome';
import { interceptionMatrixSchema } from '../report/schema';
import { planCheck } from './plan-check';
import { readGiven } from './read-given';
import { runCheck } from './run-check';

const manifest = (name: string): string =>
  readFileSync(join(__dirname, '..', '..', 'test', 'manifests', name), 'utf8');
const paths = ['logs', 'pod-proxy-https'] as const;
const techniques = ['self-signed', 'relay'] as const;

async function checked(...texts: string[]): Promise<InterceptionMatrix> {
  const plan = planCheck(texts.flatMap((text, index) => readGiven(text, `f${index}`)));
  return runCheck(plan, { paths, techniques });
}
const verdicts = ({ cells }: InterceptionMatrix): string[] =>
  cells.map(({ path, technique, verdict }) => `${path} ${technique} ${verdict}`);

describe('a lab with the given settings is attacked', () => {
  test('as kubeadm sets it up: logs stand open, and the flag closes them', async () => {
    const document = await checked(
      manifest('kubeadm-kube-apiserver.yaml'),
      manifest('kubeadm-kubelet-config.yaml'),
    );
    expect(verdicts(document)).toEqual([
      'logs self-signed impersonated',
      'logs relay denied',
      'pod-proxy-https self-signed impersonated',
      'pod-proxy-https relay relayed',
    ]);
    expect(document.given?.closings).toMatchObject([
      { id: 'kubelet-ca', closes: ['logs'], leaves: ['pod-proxy-https'] },
    ]);
    expect(document.given?.stays).toEqual(['pod-proxy-https']);
    const at = { file: 'f0', line: 14, column: 7 };
    expect(document.given?.places).toEqual([
      { path: 'logs', closing: 'kubelet-ca', at },
      { path: 'pod-proxy-https', closing: null, at },
    ]);
    expect(JSON.parse(renderMatrixJson(document))).toEqual(JSON.parse(JSON.stringify(document)));
    expect(misfit(interceptionMatrixSchema, JSON.parse(JSON.stringify(document)))).toBeNull();
  });

  test('hardened: its twin with the flag refuses, and nothing is left to try', async () => {
    const document = await checked(manifest('hardened-cluster.yaml'));
    expect(verdicts(document).slice(0, 2)).toEqual(['logs self-signed refused', 'logs relay refused']);
    expect(document.given).toMatchObject({ closings: [], stays: ['pod-proxy-https'] });
  });

  test('the flag alone breaks logs, and serverTLSBootstrap mends them', async () => {
    const document = await checked(manifest('kube-apiserver.service'));
    expect(document.cells[0]).toMatchObject({ path: 'logs', verdict: 'broken' });
    expect(document.given?.closings).toMatchObject([{ id: 'serving', mends: ['logs'] }]);
    expect(document.given?.places).toMatchObject([
      { closing: 'serving', at: { line: 8, column: 11 } },
      { closing: null, at: { line: 8, column: 11 } },
    ]);
  });

  test('an open kubelet lets the relay in; its authentication alone lessens that', async () => {
    const document = await checked(manifest('kubelet.sh'));
    expect(verdicts(document)).toContain('logs relay relayed');
    expect(document.given?.closings).toMatchObject([
      { id: 'kubelet-ca', closes: ['logs'] },
      {
        id: 'kubelet-authentication',
        closes: [],
        lessens: [{ path: 'logs', from: 'relayed', to: 'impersonated' }],
      },
      { id: 'all', closes: ['logs'] },
    ]);
  });

  test.each([
    ['control-plane', 'refused'],
    ['node', 'impersonated'],
  ] as const)('behind Konnectivity an attacker on the side of the %s is %s', async (side, verdict) => {
    const flag = '    - --egress-selector-config-file=/e\n';
    const text = manifest('kubeadm-kube-apiserver.yaml').replace(/^ +- --allow-privileged/m, `${flag}$&`);
    const plan = planCheck(readGiven(text, 'f'));
    const document = await runCheck(plan, { paths: ['logs'], techniques: ['self-signed'], side });
    expect(document.cells).toMatchObject([{ path: 'logs', defence: 'given', side, verdict }]);
  });

  test('from the positions that were asked for', async () => {
    const plan = planCheck(readGiven(manifest('kubeadm-kube-apiserver.yaml'), 'f'));
    const positions = ['name', 'node-address'] as const;
    const { cells } = await runCheck(plan, { paths: ['logs'], techniques: ['self-signed'], positions });
    expect(cells.map(({ position, verdict }) => `${position} ${verdict}`)).toEqual([
      'name not-applicable',
      'node-address impersonated',
    ]);
    expect(cells[0]?.reason).toBe('What is dialled here is an address: there is no name to answer for.');
  });

  test('a kubelet that reads no client certificates refuses the apiserver itself', async () => {
    const document = await checked('kind: KubeletConfiguration\nauthentication: {webhook: {enabled: true}}');
    expect(document.cells[0]).toMatchObject({ path: 'logs', verdict: 'broken', works: false });
    expect(document.cells[0]?.clientSaw).toMatch(/credentials|Unauthorized/);
  });
});
