import { describe, expect, test } from '@jest/globals';
import { defaultTechniques, type TechniqueId } from '../scenarios/vocabulary';
import { findings } from './findings';
import { terminal } from './marked-text';
import { sampleCell, sampleMatrix } from './matrix-sample.test.data';
import type { Cell, InterceptionMatrix } from './outcome';
import { styleOf } from './style';

const style = styleOf({ colour: false });

function told(matrix: InterceptionMatrix): Record<string, string> {
  return Object.fromEntries(findings(matrix).map(({ kind, sentence }) => [kind, terminal(sentence, style)]));
}

function matrixOf(...cells: Cell[]): InterceptionMatrix {
  return { apiVersion: 'midplane/v1', kind: 'InterceptionMatrix', cells };
}

describe('the sentences that matter', () => {
  const whole = told(sampleMatrix(defaultTechniques));

  test('say what stands open without a defence, and quote what was typed', () => {
    expect(whole['open']).toBe(
      'With none, all 12 paths stand open. On exec the attacker (self-signed) held “canary-exec-self-signed “quoted””.',
    );
  });

  test('say what the flag closed, how, and what the user read', () => {
    expect(whole['closed']).toMatch(/^kubelet-ca closes logs, exec, attach, port-forward and node-proxy: /);
    expect(whole['closed']).toContain(
      'before a request or the client certificate was sent (alert bad_certificate)',
    );
    expect(whole['closed']).toContain('certificate signed by unknown authority”.');
  });

  test('say what stays open although the flag is set, why, and quote the loot', () => {
    expect(whole['still-open']).toMatch(
      /^7 of 12 paths stand open under kubelet-ca, although --kubelet-certificate-authority is set: /,
    );
    expect(whole['still-open']).toContain('logs-skip-verify impersonated.');
    expect(whole['still-open']).toContain('the proxy transport verifies nobody');
    expect(whole['still-open']).toContain(
      'On node-proxy-https the attacker (relay) held “canary-node-proxy-https-relay',
    );
    expect(whole['still-open']).not.toMatch(/\bexec\b/);
  });

  test('say what relay could not do, in the words of the genuine endpoint', () => {
    expect(whole['relay']).toContain('The real endpoint told the attacker “401 Unauthorized”');
    expect(whole['relay']).toContain('Genuine answers did pass through its hands on node-proxy-http');
  });

  test('say of a preset that opens kubelets what it lets the relay do that a stock cluster does not', () => {
    const refused = sampleCell('exec', 'none', 'relay');
    const proxied = sampleCell('pod-proxy-https', 'none', 'relay');
    const open: Cell = {
      ...refused,
      defence: 'kubelet-open',
      verdict: 'relayed',
      read: { up: true, down: true },
    };
    const sentences = told(matrixOf(refused, proxied, open));
    expect(sentences['still-open']).toMatch(
      /^The only path stands open under kubelet-open, where --anonymous-auth=true is set: exec relayed\. On/,
    );
    expect(sentences['relay']).toMatch(
      /^What relay could not do: fetch anything genuine on exec under none\. .* Genuine answers did pass through its hands on pod-proxy-https; and on exec under kubelet-open\.$/,
    );
  });

  test('speak of more than a network position only when more was tried', () => {
    expect(whole['opened-by-more']).toBeUndefined();
    expect(told(sampleMatrix())['opened-by-more']).toMatch(
      /neighbour and stolen still open logs, exec, attach, port-forward and node-proxy; wrong-host, expired, not-yet-valid, cn-only, client-cert, weak-key, weak-signature, name-constrained, path-length and missing-intermediate do not\./,
    );
    expect(told(sampleMatrix())['still-open']).toBe(whole['still-open']);
  });

  test('count joined words that an attacker makes itself as a network position', () => {
    const sentences = told(sampleMatrix(['tap', 'rogue-ca--expired', 'wrong-host--client-cert']));
    expect(sentences['opened-by-more']).toMatch(/: wrong-host--client-cert opens? nothing more\./);
    expect(sentences['opened-by-more']).not.toContain('rogue-ca');
  });

  test('say of a client what verification closed that skipping it left open, and what the client read', () => {
    const open = sampleCell('kubelet-api', 'client-insecure', 'self-signed');
    const refused: Cell = {
      ...open,
      defence: 'client-ca',
      verdict: 'refused',
      read: { up: false, down: false },
      forged: false,
      clientCertificateShown: false,
      tls: { version: 'TLSv1.3', alert: 'bad_certificate' },
      clientSaw: 'Post "https://10.0.0.10:6443/api/v1/nodes": tls: no',
    };
    expect(told(matrixOf(refused, open))['closed']).toBe(
      'client-ca closes kubelet-api: the impostor was refused before a request or a credential was sent (alert bad_certificate). The kubelet read “Post "https://10.0.0.10:6443/api/v1/nodes": tls: no”.',
    );
    expect(told(matrixOf(refused))['closed']).toBeUndefined();
  });

  test('quote every kind of answer with which a relay was turned away, and of a Status its message', () => {
    const kubelet = sampleCell('exec', 'none', 'relay');
    const text = JSON.stringify({ kind: 'Status', message: 'nodes is forbidden', code: 403 });
    const client = sampleCell('kubelet-api', 'client-insecure', 'relay');
    const genuineAnswers = [{ status: 403, text }];
    const apiserver = { ...client, evidence: { ...client.evidence, genuineAnswers } };
    expect(told(matrixOf(kubelet, apiserver))['relay']).toContain(
      'on exec and kubelet-api. The real endpoint told the attacker “401 Unauthorized” or “403 nodes is forbidden”;',
    );
  });

  test('do not claim silence when the client certificate was shown all the same', () => {
    const refused = sampleCell('logs', 'kubelet-ca', 'self-signed');
    const open = sampleCell('logs', 'none', 'self-signed');
    expect(told(matrixOf(open, refused))['closed']).toContain('before a request');
    const leaky = { ...refused, clientCertificateShown: true };
    expect(told(matrixOf(open, leaky))['closed']).not.toContain('before a request');
  });

  test('say of a single protected path that it did not come open, and of several that none did', () => {
    const shut = sampleCell('logs', 'kubelet-ca', 'self-signed');
    const sealed = sampleCell('logs', 'none', 'tap');
    expect(told(matrixOf(sealed))['open']).toBe('With none, the only path did not come open.');
    expect(told(matrixOf(shut))['still-open']).toBe('Under kubelet-ca, the only path did not stay open.');
    expect(told(matrixOf(shut, sampleCell('exec', 'kubelet-ca', 'tap')))['still-open']).toBe(
      'Under kubelet-ca, none of 2 paths stayed open.',
    );
  });

  test('claim nothing closed that was not open before, or not tried', () => {
    const refused = sampleCell('logs', 'kubelet-ca', 'self-signed');
    expect(told(matrixOf(refused))['closed']).toBeUndefined();
    expect(told(matrixOf({ ...refused, defence: 'none' }, refused))['closed']).toBeUndefined();
  });

  test('keep broken paths apart from protected ones', () => {
    const broken: Cell = {
      ...sampleCell('exec', 'kubelet-ca', 'tap'),
      verdict: 'broken',
      works: false,
      clientSaw: 'error: remote error: tls: internal error',
    };
    const sentences = told(matrixOf(sampleCell('exec', 'none', 'self-signed'), broken));
    expect(sentences['broken']).toBe(
      'Not judged under kubelet-ca, because they fail without any attacker: exec. The user read “error: remote error: tls: internal error”.',
    );
    expect(sentences['closed']).toBeUndefined();
  });

  test('claim nothing of a certificate on a path that is broken without any attacker', () => {
    const broken = { verdict: 'broken', works: false } as const;
    const cells = (['tap', 'neighbour'] as const).map((technique) => ({
      ...sampleCell('exec', 'kubelet-ca', technique),
      ...broken,
    }));
    expect(told(matrixOf(...cells))['opened-by-more']).toBeUndefined();
  });

  test('speak of all cells when none of the default techniques was run', () => {
    const only: TechniqueId[] = ['stolen'];
    expect(told(sampleMatrix(only))['still-open']).toContain('stand open under kubelet-ca');
  });

  test('quote an escape sequence without passing it on', () => {
    const cell = sampleCell('exec', 'none', 'self-signed');
    const evil = { ...cell, evidence: { ...cell.evidence, lootQuote: 'a\u001b[2Jb\n' } };
    expect(told(matrixOf(evil))['open']).toContain('“a\\x1b[2Jb”');
  });
});
