import { describe, expect, test } from '@jest/globals';
import { type ClientConfig, formatKubeconfig, parseKubeconfig } from './kubeconfig';

const config: ClientConfig = {
  server: { host: '127.0.0.1', port: 6443 },
  trust: { kind: 'verify', bundlePem: 'THE CA', host: '127.0.0.1' },
  clientCertificate: { certPem: 'THE CERTIFICATE', keyPem: 'THE KEY' },
};

const noFiles = async (path: string): Promise<string> => {
  throw new Error(`unexpected read of ${path}`);
};

async function refusal(text: string): Promise<string> {
  return parseKubeconfig(text, 'config', noFiles).then(
    () => 'accepted',
    (error: Error) => error.message,
  );
}

/** The kubeconfig of `config` after a change of its text. */
const changed = (from: string | RegExp, to: string): string =>
  formatKubeconfig(config, 'lab').replace(from, to);

describe('a kubeconfig', () => {
  test.each<[string, ClientConfig]>([
    ['a certificate', config],
    [
      'a token',
      { server: { host: 'fd00::1', port: 443 }, trust: { kind: 'verify-nobody' }, token: 'secret' },
    ],
  ])('with %s is read as it was written', async (_what, given) => {
    expect(await parseKubeconfig(formatKubeconfig(given, 'lab'), 'config', noFiles)).toEqual(given);
  });

  test('names files, and they are read', async () => {
    const text = changed('"certificate-authority-data": "VEhFIENB"', '"certificate-authority": "ca.crt"');
    const read = await parseKubeconfig(text, 'config', async (path) => `content of ${path}`);
    expect(read.trust).toEqual({ kind: 'verify', bundlePem: 'content of ca.crt', host: '127.0.0.1' });
  });

  test.each([
    ['', 'kubeconfig "config": holds no configuration'],
    ['{', 'kubeconfig "config": not YAML'],
    [changed('"current-context": "lab"', '"current-context": "lap"'), 'no context named "lap"'],
    [changed('"cluster": "lab"', '"cluster": "other"'), 'no cluster named "other"'],
    [changed('https://', 'http://'), 'server "http://127.0.0.1:6443" is not https'],
    [changed('https://127.0.0.1:6443', 'localhost'), 'server "localhost" is not a URL'],
    [changed(/"client-key-data": "[^"]*"/, '"username": "x"'), 'has a client-certificate and no client-key'],
    [changed(/"certificate-authority-data": "[^"]*"/, '"proxy-url": ""'), 'no certificate-authority'],
    [
      changed(
        '"certificate-authority-data"',
        '"insecure-skip-tls-verify": true, "certificate-authority-data"',
      ),
      'specifying a root certificates file with the insecure flag is not allowed',
    ],
  ])('that is wrong is refused with what is wrong about it (%#)', async (text, message) => {
    expect(await refusal(text)).toContain(message);
  });
});
