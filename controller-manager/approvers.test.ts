import { json } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import pino from 'pino';
import type { KubeNode } from '../api/objects';
import { scriptedApiserver, signalled } from '../client/kube-client.test.fixtures';
import { createCertificateRequest } from '../pki/certificate-request';
import { generateKey } from '../pki/key-algorithm';
import { noExtensions } from '../wire/certificate-extensions';
import { parseIp } from '../wire/ip-address';
import { recognizedAs } from './certificate-approving-controller';
import { ControllerContext } from './context';
import { defaultControllerSettings } from './controller-settings';
import { denialOf, startKubeletServingApprover, verdictOn } from './kubelet-serving-approver';

function asked(commonName: string, ...hosts: readonly string[]) {
  const names = hosts.map((value) => {
    const octets = parseIp(value);
    return octets === null ? ({ kind: 'dns', value } as const) : ({ kind: 'ip', octets } as const);
  });
  return {
    subject: { commonName, organizations: ['system:nodes'], attributes: [] },
    extensions: { ...noExtensions(), subjectAltName: { raw: Buffer.alloc(0), names } },
  };
}

const spec = (signerName: string, username: string, purpose: string) => ({
  spec: { request: '', signerName, username, usages: ['digital signature', purpose] },
});

describe('the approver of client certificates tries', () => {
  const kubelet = 'kubernetes.io/kube-apiserver-client-kubelet';
  const node = 'system:node:node-1';
  test.each([
    ['a node that renews its own', spec(kubelet, node, 'client auth'), ['selfnodeclient', 'nodeclient']],
    ['a machine that joins', spec(kubelet, 'system:bootstrap:abcdef', 'client auth'), ['nodeclient']],
    ['a node that asks for another’s', spec(kubelet, 'system:node:node-2', 'client auth'), ['nodeclient']],
    ['other usages', spec(kubelet, node, 'server auth'), []],
    ['another signer', spec('kubernetes.io/kube-apiserver-client', node, 'client auth'), []],
    ['a serving certificate', spec('kubernetes.io/kubelet-serving', node, 'server auth'), []],
  ])('%s', (_what, csr, tried) => {
    expect(recognizedAs(csr, asked(node)).map(({ subresource }) => subresource)).toEqual(tried);
  });
});

describe('the approver of serving certificates', () => {
  const own = spec('kubernetes.io/kubelet-serving', 'system:node:node-1', 'server auth');
  const node: KubeNode = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'node-1' },
    spec: {},
    status: {
      addresses: [
        { type: 'InternalIP', address: '10.0.0.11' },
        { type: 'InternalIP', address: 'FD00:0::11' },
        { type: 'Hostname', address: 'node-1' },
        { type: 'InternalDNS', address: 'node-1.lab.internal' },
      ],
    },
  };
  const ask = (...hosts: readonly string[]) => asked('system:node:node-1', ...hosts);

  test.each([
    ['its own name', ['node-1']],
    ['all that it has, however written', ['NODE-1.lab.internal', '10.0.0.11', 'fd00::11']],
  ])('lets a node have %s', (_what, hosts) => {
    expect(verdictOn(ask(...hosts), node)).toMatchObject({ type: 'Approved', status: 'True' });
  });

  test.each([
    ['a neighbour’s address', ['10.0.0.11', '10.0.0.12'], 'not of node node-1: 10.0.0.12'],
    ['a neighbour’s name', ['node-2'], 'not of node node-1: node-2'],
    ['a wildcard', ['*.lab.internal'], 'not of node node-1: *.lab.internal'],
    ['an address as a name', ['node-1', '10.0.0.99'], 'not of node node-1: 10.0.0.99'],
  ])('denies %s, which by its shape alone is approved', (_what, hosts, message) => {
    expect(verdictOn(ask(...hosts), node)).toEqual({
      type: 'Denied',
      status: 'True',
      reason: 'SubjectAltNameMismatch',
      message,
    });
    expect(verdictOn(ask(...hosts), null)).toMatchObject({ type: 'Approved' });
  });

  test.each([
    [
      'asked for by somebody else',
      spec('kubernetes.io/kubelet-serving', 'system:node:node-2', 'server auth'),
      ask('node-1'),
      'RequesterMismatch',
      'requested by system:node:node-2 for the common name system:node:node-1',
    ],
    [
      'for a client',
      spec('kubernetes.io/kubelet-serving', 'system:node:node-1', 'client auth'),
      ask('node-1'),
      'ShapeMismatch',
      'usages did not match [digital signature key encipherment server auth]',
    ],
    ['for no name', own, ask(), 'ShapeMismatch', 'DNS or IP subjectAltName is required'],
  ])('denies a request %s, whoever looks', (_what, csr, request, reason, message) => {
    expect(denialOf(csr, request)).toMatchObject({ type: 'Denied', reason, message });
  });

  test.each([
    ['of no node', 'dev', 'ShapeMismatch'],
    ['of a node that is not there, asked for by another', 'system:node:node-9', 'RequesterMismatch'],
    ['of a name that winds through paths', 'system:node:../pods', 'RequesterMismatch'],
  ])('denies a request %s without looking for its node', async (_what, commonName, reason) => {
    const { privateKey } = await generateKey('ec-p256');
    const template = { commonName, organizations: ['system:nodes'], dnsNames: ['node-9'] };
    const csr = {
      metadata: { name: 'csr-1', uid: 'u', resourceVersion: '1' },
      spec: {
        ...own.spec,
        request: Buffer.from(createCertificateRequest(privateKey, template)).toString('base64'),
      },
    };
    const asked: string[] = [];
    const judged = signalled<unknown>();
    await using apiserver = await scriptedApiserver({
      onRequest: (request, response) => {
        const { pathname, searchParams } = new URL(request.url ?? '', 'https://apiserver');
        response.writeHead(200, { 'content-type': 'application/json' });
        if (request.method === 'PUT') {
          void json(request).then((body) =>
            judged.resolve((body as typeof csr & { status: unknown }).status),
          );
          response.end(JSON.stringify(csr));
        } else if (searchParams.has('watch')) response.flushHeaders();
        else {
          asked.push(pathname);
          const list = { kind: 'CertificateSigningRequestList', apiVersion: 'certificates.k8s.io/v1' };
          response.end(JSON.stringify({ ...list, metadata: { resourceVersion: '1' }, items: [csr] }));
        }
      },
    });
    const log = pino({ level: 'silent' });
    const context = new ControllerContext({ client: apiserver.client, log });
    const settings = { ...defaultControllerSettings, approveKubeletServing: 'node-addresses' } as const;
    const controller = startKubeletServingApprover(context, settings);
    expect(await judged.promise).toMatchObject({ conditions: [{ type: 'Denied', reason }] });
    await context.close();
    await controller?.close();
    expect(asked).toEqual(['/apis/certificates.k8s.io/v1/certificatesigningrequests']);
  });

  test('lets a node that has told no address have its name and nothing else', () => {
    const fresh: KubeNode = { ...node, status: {} };
    expect(verdictOn(ask('node-1'), fresh).type).toBe('Approved');
    expect(verdictOn(ask('10.0.0.11'), fresh).type).toBe('Denied');
  });
});
