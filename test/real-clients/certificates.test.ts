import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findKubectls } from './find-kubectl';
import { openWorkplace, type Workplace } from './standing.fixture';

/** A person's way to a certificate, with openssl and every kubectl there is. */
const kubectls = findKubectls();
const withOpenssl = spawnSync('openssl', ['version']).error === undefined ? test : test.skip;
if (withOpenssl === test.skip)
  console.warn('SKIPPED: no openssl here, nobody asks for a certificate with it');

let workplace: Workplace;
beforeAll(async () => {
  workplace = await openWorkplace();
}, 30_000);
afterAll(async () => {
  await workplace?.[Symbol.asyncDispose]();
});

const keys = {
  ec: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  rsa: ['-newkey', 'rsa:2048'],
} as const;

describe.each(kubectls)('kubectl $version', (kubectl) => {
  const suffix = kubectl.version.replace('.', '-');
  const ok = (...args: string[]): Promise<string> => workplace.ok(kubectl, args);

  function request(
    name: string,
    key: keyof typeof keys,
    signerName: string,
    usages: readonly string[],
  ): string {
    const at = (ending: string): string => join(workplace.folder, `${name}.${ending}`);
    const subject = ['-subj', `/O=dev/CN=${name}`];
    const out = ['-keyout', at('key'), '-out', at('csr')];
    execFileSync('openssl', ['req', '-new', ...keys[key], '-nodes', ...subject, ...out], { stdio: 'ignore' });
    return JSON.stringify({
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name },
      spec: {
        request: readFileSync(at('csr')).toString('base64'),
        signerName,
        usages,
        expirationSeconds: 3600,
      },
    });
  }

  async function create(name: string, body: string): Promise<void> {
    const said = await workplace.run(kubectl, ['create', '-f', '-'], { stdin: body });
    expect(said).toEqual({
      code: 0,
      stdout: `certificatesigningrequest.certificates.k8s.io/${name} created\n`,
      stderr: '',
    });
  }

  /** The last column of `get csr`, as soon as it is that. */
  async function becomes(name: string, condition: string): Promise<void> {
    const watch = workplace.start(kubectl, ['get', 'csr', name, '--no-headers', '-w']);
    await watch.until(new RegExp(` ${condition} *\n`));
    watch.child.kill('SIGINT');
    await watch.ended;
  }

  const client = 'kubernetes.io/kube-apiserver-client';

  withOpenssl.each(['ec', 'rsa'] as const)(
    'asks with openssl, has it approved, and is who it asked to be (%s)',
    async (key) => {
      const name = `jane-${key}-${suffix}`;
      await create(name, request(name, key, client, ['client auth']));
      const [, , signer, requestor] = (await ok('get', 'csr', name, '--no-headers')).trim().split(/ {2,}/);
      expect([signer, requestor]).toEqual([client, 'kubernetes-admin']);
      await becomes(name, 'Pending');
      expect(await ok('certificate', 'approve', name)).toBe(
        `certificatesigningrequest.certificates.k8s.io/${name} approved\n`,
      );
      await becomes(name, 'Approved,Issued');
      const pem = Buffer.from(await ok('get', 'csr', name, '-o', 'jsonpath={.status.certificate}'), 'base64');
      const certificate = join(workplace.folder, `${name}.crt`);
      writeFileSync(certificate, pem);
      const said = await workplace.run(
        kubectl,
        [
          'get',
          'nodes',
          `--client-certificate=${certificate}`,
          `--client-key=${join(workplace.folder, `${name}.key`)}`,
        ],
        { role: 'token' },
      );
      expect(said).toMatchObject({
        code: 1,
        stderr: `Error from server (Forbidden): nodes is forbidden: User "${name}" cannot list resource "nodes" in API group "" at the cluster scope\n`,
      });
    },
  );

  withOpenssl('asks, is denied, and gets nothing', async () => {
    const name = `john-${suffix}`;
    await create(name, request(name, 'ec', client, ['client auth']));
    expect(await ok('certificate', 'deny', name)).toBe(
      `certificatesigningrequest.certificates.k8s.io/${name} denied\n`,
    );
    await becomes(name, 'Denied');
    expect(await ok('get', 'csr', name, '-o', 'jsonpath={.status.certificate}')).toBe('');
  });

  withOpenssl('asks for what the signer does not sign, and reads why', async () => {
    const name = `server-${suffix}`;
    await create(name, request(name, 'ec', client, ['server auth']));
    await ok('certificate', 'approve', name);
    await becomes(name, 'Approved,Failed');
    const failed =
      '{.status.conditions[?(@.type=="Failed")].reason}: {.status.conditions[?(@.type=="Failed")].message}';
    expect(await ok('get', 'csr', name, '-o', `jsonpath=${failed}`)).toBe(
      'SignerValidationFailure: invalid usage for client certificate: server auth',
    );
  });

  withOpenssl('reads how long was asked for', async () => {
    const name = `long-${suffix}`;
    await create(name, request(name, 'ec', client, ['client auth']));
    const table = await ok('get', 'csr', name);
    expect(table).toMatch(/^NAME +AGE +SIGNERNAME +REQUESTOR +REQUESTEDDURATION +CONDITION *\n/);
    expect(table).toMatch(/ 60m +Pending/);
  });
});
