import { once } from 'node:events';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { exchange } from '../network/transport';
import { formatRequestHead } from '../wire/http-head';
import { Backend, type Keys, kubeletAt, mintKeys, readAnswer, TestCluster } from './cluster.test.fixtures';
import { chooseEmulatedCves, emulationWarnings } from './emulated-cves';
import { parseApiserverFlags } from './flags';

let keys: Keys;
beforeAll(async () => {
  keys = await mintKeys();
});

const exec = '/api/v1/namespaces/default/pods/web/exec?command=ls';
const upgradeHeaders = [
  ['Host', 'api.example:6443'],
  ['Connection', 'Upgrade'],
  ['Upgrade', 'SPDY/3.1'],
  ['Content-Length', '0'],
] as const;

async function clusterWith(...argv: string[]): Promise<TestCluster> {
  const cluster = await TestCluster.start(keys, argv);
  await cluster.addWorkload();
  return cluster;
}

const emulating = (cve: string) => `--midplane-emulate-cve=${cve}`;
const twins = (cve: string): [string, string[]][] => [
  ['fixed', []],
  ['open', [emulating(cve)]],
];

async function upgrade(cluster: TestCluster) {
  const answer = await exchange(await cluster.connect(), {
    method: 'POST',
    path: exec,
    headers: [...upgradeHeaders],
  });
  if (answer.kind !== 'response') throw new Error(JSON.stringify(answer));
  return readAnswer(answer);
}

describe('the flag', () => {
  test('takes several, in any case, and is off without it', () => {
    expect([...chooseEmulatedCves(['cve-2020-8559', 'CVE-2022-3294'])]).toEqual([
      'CVE-2020-8559',
      'CVE-2022-3294',
    ]);
    expect(parseApiserverFlags([]).midplaneEmulateCve).toEqual([]);
    expect(emulationWarnings(new Set())).toEqual([]);
  });

  test('names those that there are when it is given another', () => {
    expect(() => parseApiserverFlags([emulating('CVE-2020-8558')])).toThrow(
      expect.objectContaining({
        message: '"CVE-2020-8558" is no CVE that is emulated here',
        hint: expect.stringContaining('CVE-2018-1002105, CVE-2018-1002102, CVE-2020-8559, CVE-2022-3294'),
      }),
    );
  });

  test('is loud: a line each, with where it was fixed', () => {
    expect(emulationWarnings(new Set(['CVE-2020-8559']))).toEqual([
      'WARNING: this apiserver has CVE-2020-8559 again: a redirect that answers an upgrade is handed to the client, which follows it with its credentials (fixed in 1.16.13, 1.17.9, 1.18.6)',
    ]);
  });
});

describe('CVE-2018-1002105', () => {
  test.each(twins('CVE-2018-1002105'))(
    '%s: what follows a refused upgrade on its connection',
    async (twin, argv) => {
      await using cluster = await clusterWith(...argv);
      let smuggled = '';
      await Backend.at(cluster.node, kubeletAt, keys.kubelet, {
        upgrade: (_request, socket) => {
          socket.write('HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno');
          socket.on('data', (bytes: Buffer) => {
            smuggled += bytes.toString('latin1');
            socket.end('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npods');
          });
        },
      });
      const { socket } = await cluster.connect();
      socket.on('error', () => undefined);
      const closed = once(socket, 'close');
      socket.write(
        Buffer.concat([
          formatRequestHead({ method: 'POST', target: exec, headers: upgradeHeaders }),
          formatRequestHead({ method: 'GET', target: '/pods', headers: [['Host', 'x']] }),
        ]),
      );
      let answers = '';
      socket.on('data', (bytes: Buffer) => {
        answers += bytes.toString('latin1');
      });
      await closed;
      expect(answers).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
      expect(smuggled).toBe(twin === 'open' ? 'GET /pods HTTP/1.1\r\nHost: x\r\n\r\n' : '');
      expect(answers.includes('pods')).toBe(twin === 'open');
    },
  );
});

describe('CVE-2020-8559', () => {
  const location = 'https://api.example:6443/api/v1/namespaces/default/pods/other/exec?command=id';

  test.each(twins('CVE-2020-8559'))('%s: what a client gets of a kubelet’s 307', async (twin, argv) => {
    await using cluster = await clusterWith(...argv);
    await Backend.at(cluster.node, kubeletAt, keys.kubelet, {
      upgrade: (_request, socket) =>
        socket.end(`HTTP/1.1 307 Temporary Redirect\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`),
    });
    const answer = await upgrade(cluster);
    if (twin === 'fixed') {
      expect(answer.json).toMatchObject({ code: 500, message: 'invalid upgrade response: status code 307' });
    } else {
      expect(answer.status).toBe(307);
      expect(answer.headers).toContainEqual(['Location', location]);
    }
  });
});

describe('CVE-2018-1002102', () => {
  const elsewhere = { address: '10.0.0.11', port: 10999 };
  const location = `https://${elsewhere.address}:${elsewhere.port}/run?x=1`;

  test.each(twins('CVE-2018-1002102'))('%s: where an upgrade goes that gets a 302', async (twin, argv) => {
    await using cluster = await clusterWith(...argv);
    await Backend.at(cluster.node, kubeletAt, keys.kubelet, {
      upgrade: (_request, socket) =>
        socket.end(`HTTP/1.1 302 Found\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`),
    });
    const other = await Backend.at(cluster.node, elsewhere, keys.kubelet, {
      upgrade: (_request, socket) => socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nelse'),
    });
    const answer = await upgrade(cluster);
    if (twin === 'fixed') {
      expect(answer.json.message).toBe('invalid upgrade response: status code 302');
      expect(other.seen).toEqual([]);
    } else {
      expect(answer).toMatchObject({ status: 403, text: 'else' });
      expect(other.seen).toMatchObject([{ method: 'GET', url: '/run?x=1', showedCertificate: true }]);
    }
  });

  test.each(twins('CVE-2018-1002102'))('%s: where a log goes that gets a 307', async (twin, argv) => {
    await using cluster = await clusterWith(...argv);
    await Backend.at(cluster.node, kubeletAt, keys.kubelet, {
      request: (_request, response) => response.writeHead(307, { location }).end(),
    });
    const other = await Backend.at(cluster.node, elsewhere, keys.kubelet, {});
    const answer = await cluster.ask('GET', '/api/v1/namespaces/default/pods/web/log');
    if (twin === 'fixed') {
      expect(answer.json.message).toBe(`Get "${location}": redirects forbidden`);
      expect(other.seen).toEqual([]);
    } else {
      expect(answer).toMatchObject({ status: 200, text: 'hello' });
      expect(other.seen).toMatchObject([{ method: 'GET', url: '/run?x=1', showedCertificate: true }]);
    }
  });

  test('ends a chain of redirects that leads back to itself', async () => {
    await using cluster = await clusterWith(emulating('CVE-2018-1002102'));
    const kubelet = await Backend.at(cluster.node, kubeletAt, keys.kubelet, {
      request: (request, response) => response.writeHead(302, { location: `${request.url}x` }).end(),
    });
    const answer = await cluster.ask('GET', '/api/v1/namespaces/default/pods/web/log');
    expect(answer.json).toMatchObject({
      code: 500,
      message: expect.stringContaining('too many redirects (10)'),
    });
    expect(kubelet.seen).toHaveLength(11);
  });
});

describe('CVE-2022-3294', () => {
  test.each(twins('CVE-2022-3294'))(
    '%s: whether a node’s loopback address is proxied to',
    async (twin, argv) => {
      await using cluster = await clusterWith(...argv);
      const addresses = [{ type: 'InternalIP', address: '127.0.0.1' }];
      await cluster.create('/api/v1/nodes', {
        metadata: { name: 'bad' },
        status: { addresses, daemonEndpoints: { kubeletEndpoint: { Port: 6443 } } },
      });
      const answer = await cluster.ask('GET', '/api/v1/nodes/bad/proxy/version');
      if (twin === 'fixed') expect(answer.json).toMatchObject({ code: 400, message: 'address not allowed' });
      else expect(answer.json).toHaveProperty('gitVersion');
      // Only the kubelet's own port was ever unchecked.
      const otherPort = await cluster.ask('GET', '/api/v1/nodes/bad:9100/proxy/');
      expect(otherPort.json).toMatchObject({ code: 400, message: 'address not allowed' });
    },
  );
});
