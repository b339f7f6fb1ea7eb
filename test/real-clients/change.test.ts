import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findKubectls, minor } from './find-kubectl';
import { openWorkplace, type RunOptions, type Said, type Workplace } from './standing.fixture';

/** Changing things, with every kubectl there is, each in a namespace of its own. */
const kubectls = findKubectls();

let workplace: Workplace;
beforeAll(async () => {
  workplace = await openWorkplace();
}, 30_000);
afterAll(async () => {
  await workplace?.[Symbol.asyncDispose]();
});

/** For O=dev, CN=jane; its key was thrown away. */
const certificateRequest = `-----BEGIN CERTIFICATE REQUEST-----
MIHXMH8CAQAwHTEMMAoGA1UECgwDZGV2MQ0wCwYDVQQDDARqYW5lMFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEzmllT5C3B5WV6ThXiTtQcDwRQgPUhBVWPN0+uTtB
J3eNW/DwceQX0niL2tUyHtuG2Gz9ks8AdpsZndjcPSwy+aAAMAoGCCqGSM49BAMC
A0gAMEUCIQDo+UK1vu4MnkHgs3XD6T7DBXMQr87JVii/DxaFmx9FHAIgRP5bX0jZ
UIftWu4KSk2hI6QS+nnXA8CUi8E3NPBa8y8=
-----END CERTIFICATE REQUEST-----
`;

describe.each(kubectls)('kubectl $version', (kubectl) => {
  const namespace = `v${kubectl.version.replace('.', '-')}`;
  const say = (args: string[], options: RunOptions = {}): Promise<Said> =>
    workplace.run(kubectl, ['-n', namespace, ...args], options);
  const ok = (args: string[], options: RunOptions = {}): Promise<string> =>
    workplace.ok(kubectl, ['-n', namespace, ...args], options);
  const file = (name: string, content: object | string): string => {
    const path = `${namespace}-${name}`;
    writeFileSync(
      join(workplace.folder, path),
      typeof content === 'string' ? content : JSON.stringify(content),
    );
    return path;
  };
  /** A field of an object as it is now. */
  const field = (kind: string, name: string, path: string): Promise<string> =>
    ok(['get', kind, name, '-o', `jsonpath={${path}}`]);

  beforeAll(async () => {
    await ok(['create', 'namespace', namespace]);
    // The controllers make it; pods of the namespace need it.
    const account = workplace.start(kubectl, ['-n', namespace, 'get', 'serviceaccounts', '-w', '-o', 'name']);
    await account.until(/serviceaccount\/default/);
    account.child.kill('SIGINT');
    await account.ended;
  });

  describe('create', () => {
    test.each([
      [['configmap', 'made', '--from-literal=a=1'], 'configmap/made created\n'],
      [['secret', 'generic', 'made', '--from-literal=password=s3cret'], 'secret/made created\n'],
      [
        [
          'secret',
          'docker-registry',
          'registry',
          '--docker-username=u',
          '--docker-password=p',
          '--docker-email=e@x',
        ],
        'secret/registry created\n',
      ],
      [['serviceaccount', 'robot'], 'serviceaccount/robot created\n'],
      [
        ['role', 'reader', '--verb=get,list', '--resource=pods'],
        'role.rbac.authorization.k8s.io/reader created\n',
      ],
      [
        ['rolebinding', 'readers', '--role=reader', '--user=jane'],
        'rolebinding.rbac.authorization.k8s.io/readers created\n',
      ],
      [['service', 'clusterip', 'plain', '--tcp=80:8080'], 'service/plain created\n'],
      [['service', 'nodeport', 'outside', '--tcp=80:8080'], 'service/outside created\n'],
      [['service', 'loadbalancer', 'cloud', '--tcp=80:8080'], 'service/cloud created\n'],
      [
        ['service', 'externalname', 'elsewhere', '--external-name=example.test'],
        'service/elsewhere created\n',
      ],
      [['deployment', 'dep', '--image=midplane/web'], 'deployment.apps/dep created\n'],
    ])('%j', async (args, said) => {
      expect(await ok(['create', ...args])).toBe(said);
    });

    test('cluster-wide roles', async () => {
      const name = `reader-${namespace}`;
      expect(await ok(['create', 'clusterrole', name, '--verb=get', '--resource=nodes'])).toContain(
        'created',
      );
      expect(
        await ok(['create', 'clusterrolebinding', name, `--clusterrole=${name}`, '--group=watchers']),
      ).toContain('created');
      const may = await say(['auth', 'can-i', 'get', 'nodes', '--as=x', '--as-group=watchers']);
      expect(may).toMatchObject({ code: 0, stdout: 'yes\n' });
      await workplace.ok(kubectl, ['delete', 'clusterrole,clusterrolebinding', name]);
    });

    test('from a file, and not twice', async () => {
      const path = file(
        'cm.yaml',
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: from-file\ndata:\n  a: "1"\n',
      );
      expect(await ok(['create', '-f', path])).toBe('configmap/from-file created\n');
      const again = await say(['create', '-f', path]);
      expect(again).toMatchObject({
        code: 1,
        stderr: `Error from server (AlreadyExists): error when creating "${path}": configmaps "from-file" already exists\n`,
      });
    });

    test('of a field that does not exist is refused', async () => {
      const path = file(
        'wrong.yaml',
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: wrong\ndatax:\n  a: "1"\n',
      );
      const said = await say(['create', '-f', path]);
      expect(said.code).toBe(1);
      expect(said.stderr).toMatch(
        minor(kubectl) < 25
          ? /error validating data: ValidationError\(ConfigMap\): unknown field "datax" in io\.k8s\.api\.core\.v1\.ConfigMap/
          : /ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "datax"/,
      );
    });

    test('of what is not valid is refused with the reasons', async () => {
      const path = file(
        'bad-pod.yaml',
        'apiVersion: v1\nkind: Pod\nmetadata:\n  name: Bad_Name\nspec:\n  containers:\n  - name: a\n    image: ""\n',
      );
      const said = await say(['create', '-f', path]);
      expect(said.code).toBe(1);
      expect(said.stderr).toContain(
        'The Pod "Bad_Name" is invalid: \n* metadata.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain must consist of',
      );
      expect(said.stderr).toContain('* spec.containers[0].image: Required value\n');
    });
  });

  describe('apply', () => {
    const deployment = (replicas: number, image: string): object => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'applied', labels: { app: 'applied' } },
      spec: {
        replicas,
        selector: { matchLabels: { app: 'applied' } },
        template: {
          metadata: { labels: { app: 'applied' } },
          spec: { containers: [{ name: 'web', image, ports: [{ containerPort: 8080 }] }] },
        },
      },
    });

    test('creates, then changes, then has nothing to do', async () => {
      const path = file('applied.json', deployment(1, 'midplane/web'));
      expect(await ok(['apply', '-f', path])).toBe('deployment.apps/applied created\n');
      expect(await ok(['apply', '-f', path])).toBe('deployment.apps/applied unchanged\n');
      file('applied.json', deployment(2, 'midplane/web:2'));
      const diff = await say(['diff', '-f', path], { env: { LC_ALL: 'C' } });
      expect(diff.code).toBe(1);
      expect(diff.stdout).toMatch(/^-\s+- image: midplane\/web$/m);
      expect(diff.stdout).toMatch(/^\+\s+- image: midplane\/web:2$/m);
      expect(await ok(['apply', '-f', path])).toBe('deployment.apps/applied configured\n');
      expect(await field('deployment', 'applied', '.spec.template.spec.containers[*].image')).toBe(
        'midplane/web:2',
      );
      expect(await field('deployment', 'applied', '.spec.replicas')).toBe('2');
    });

    test('waits for the roll-out, scales, restarts and goes back', async () => {
      const limit = { timeoutMs: 30_000 };
      expect(
        (await say(['rollout', 'status', 'deployment/applied', '--timeout=20s'], limit)).stdout,
      ).toContain('deployment "applied" successfully rolled out\n');
      expect(await ok(['scale', 'deployment/applied', '--replicas=3'])).toBe(
        'deployment.apps/applied scaled\n',
      );
      await ok(['rollout', 'status', 'deployment/applied', '--timeout=20s'], limit);
      expect(
        (
          await ok([
            'get',
            'pods',
            '-l',
            'app=applied',
            '--field-selector=status.phase=Running',
            '-o',
            'name',
          ])
        )
          .trim()
          .split('\n'),
      ).toHaveLength(3);
      expect(await ok(['set', 'image', 'deployment/applied', 'web=midplane/web:3'])).toBe(
        'deployment.apps/applied image updated\n',
      );
      await ok(['rollout', 'status', 'deployment/applied', '--timeout=20s'], limit);
      expect(await ok(['rollout', 'history', 'deployment/applied'])).toMatch(/REVISION\s+CHANGE-CAUSE\n/);
      expect(await ok(['rollout', 'undo', 'deployment/applied'])).toBe(
        'deployment.apps/applied rolled back\n',
      );
      await ok(['rollout', 'status', 'deployment/applied', '--timeout=20s'], limit);
      expect(await field('deployment', 'applied', '.spec.template.spec.containers[*].image')).toBe(
        'midplane/web:2',
      );
      expect(await ok(['rollout', 'restart', 'deployment/applied'])).toBe(
        'deployment.apps/applied restarted\n',
      );
      await ok(['rollout', 'status', 'deployment/applied', '--timeout=20s'], limit);
    }, 90_000);

    test('by the server keeps owners, and reports conflicts', async () => {
      const one = file(
        'ssa.yaml',
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ssa\ndata:\n  key: one\n',
      );
      expect(await ok(['apply', '--server-side', '-f', one])).toBe('configmap/ssa serverside-applied\n');
      const two = file(
        'ssa2.yaml',
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ssa\ndata:\n  key: two\n',
      );
      const conflict = await say(['apply', '--server-side', '--field-manager=other', '-f', two]);
      expect(conflict.code).toBe(1);
      expect(conflict.stderr).toMatch(
        /^error: Apply failed with 1 conflict: conflict with "kubectl": \.data\.key\n/,
      );
      expect(
        await ok(['apply', '--server-side', '--field-manager=other', '--force-conflicts', '-f', two]),
      ).toBe('configmap/ssa serverside-applied\n');
      expect(await field('configmap', 'ssa', '.data.key')).toBe('two');
    });

    test('without storing, by --dry-run=server', async () => {
      const path = file(
        'dry.yaml',
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: dry\ndata:\n  a: "1"\n',
      );
      expect(await ok(['apply', '--dry-run=server', '-f', path])).toBe(
        'configmap/dry created (server dry run)\n',
      );
      expect((await say(['get', 'configmap', 'dry'])).code).toBe(1);
    });
  });

  describe('small changes', () => {
    test('patch, in the three ways', async () => {
      await ok(['create', 'configmap', 'patched', '--from-literal=a=1', '--from-literal=b=2']);
      expect(await ok(['patch', 'configmap', 'patched', '-p', '{"data":{"a":"strategic"}}'])).toBe(
        'configmap/patched patched\n',
      );
      expect(await ok(['patch', 'configmap', 'patched', '--type=merge', '-p', '{"data":{"b":null}}'])).toBe(
        'configmap/patched patched\n',
      );
      expect(
        await ok([
          'patch',
          'configmap',
          'patched',
          '--type=json',
          '-p',
          '[{"op":"add","path":"/data/c","value":"json"}]',
        ]),
      ).toBe('configmap/patched patched\n');
      expect(JSON.parse(await field('configmap', 'patched', '.data'))).toEqual({ a: 'strategic', c: 'json' });
      expect(await ok(['patch', 'configmap', 'patched', '-p', '{"data":{"a":"strategic"}}'])).toBe(
        'configmap/patched patched (no change)\n',
      );
    });

    test('label and annotate', async () => {
      expect(await ok(['label', 'configmap', 'patched', 'colour=red'])).toBe('configmap/patched labeled\n');
      const again = await say(['label', 'configmap', 'patched', 'colour=blue']);
      expect(again.code).toBe(1);
      expect(again.stderr).toContain("'colour' already has a value (red), and --overwrite is false");
      expect(await ok(['label', 'configmap', 'patched', 'colour=blue', '--overwrite'])).toMatch(
        /^configmap\/patched (labeled|unlabeled)\n$/,
      );
      expect(await ok(['get', 'configmaps', '-l', 'colour=blue', '-o', 'name'])).toBe('configmap/patched\n');
      // 1.27 says `annotate`.
      expect(await ok(['annotate', 'configmap', 'patched', 'note=hello'])).toMatch(
        /^configmap\/patched annotated?\n$/,
      );
      expect(await field('configmap', 'patched', '.metadata.annotations.note')).toBe('hello');
    });

    test('edit', async () => {
      const editor = join(workplace.folder, `editor-${namespace}`);
      writeFileSync(editor, '#!/bin/sh\nsed -i "s/strategic/edited/" "$1"\n');
      chmodSync(editor, 0o755);
      expect(await ok(['edit', 'configmap', 'patched'], { env: { KUBE_EDITOR: editor } })).toBe(
        'configmap/patched edited\n',
      );
      expect(await field('configmap', 'patched', '.data.a')).toBe('edited');
    });

    test('replace, and a version that is not the newest', async () => {
      const now = JSON.parse(await ok(['get', 'configmap', 'patched', '-o', 'json'])) as { data: object };
      const path = file('replace.json', { ...now, data: { z: '26' } });
      expect(await ok(['replace', '-f', path])).toBe('configmap/patched replaced\n');
      const stale = await say(['replace', '-f', path]);
      expect(stale.code).toBe(1);
      expect(stale.stderr).toBe(
        `Error from server (Conflict): error when replacing "${path}": Operation cannot be fulfilled on configmaps "patched": the object has been modified; please apply your changes to the latest version and try again\n`,
      );
    });

    test('what must not change does not', async () => {
      const selector = await say([
        'patch',
        'deployment',
        'dep',
        '-p',
        '{"spec":{"selector":{"matchLabels":{"app":"other"}}}}',
      ]);
      expect(selector.code).toBe(1);
      expect(selector.stderr).toMatch(/^The Deployment "dep" is invalid: /);
      const name = await say([
        'patch',
        'configmap',
        'patched',
        '--type=merge',
        '-p',
        '{"metadata":{"name":"renamed"}}',
      ]);
      expect(name.code).toBe(1);
      expect(name.stderr).toContain(
        'the name of the object (renamed) does not match the name on the URL (patched)',
      );
    });
  });

  describe('pods', () => {
    test('run, wait, look, delete', async () => {
      expect(await ok(['run', 'ran', '--image=midplane/web', '--labels=app=ran', '--port=8080'])).toBe(
        'pod/ran created\n',
      );
      expect(await ok(['wait', '--for=condition=Ready', 'pod/ran', '--timeout=15s'])).toBe(
        'pod/ran condition met\n',
      );
      expect(await ok(['expose', 'pod', 'ran', '--port=80', '--target-port=8080'])).toBe(
        'service/ran exposed\n',
      );
      const began = performance.now();
      expect(await ok(['delete', 'pod', 'ran'], { timeoutMs: 40_000 })).toMatch(
        /^pod "ran" deleted( from \S+ namespace)?\n$/,
      );
      expect(performance.now() - began).toBeLessThan(15_000);
      expect((await say(['get', 'pod', 'ran'])).stderr).toBe(
        'Error from server (NotFound): pods "ran" not found\n',
      );
    }, 60_000);

    test('run -i --rm gives what the command says, and goes', async () => {
      const said = await say(
        ['run', 'once', '--image=busybox', '--restart=Never', '-i', '--rm', '--', 'echo', 'hello'],
        { timeoutMs: 40_000 },
      );
      expect(said.stdout).toContain('hello\n');
      expect((await say(['get', 'pod', 'once'])).code).toBe(1);
    }, 60_000);

    test('go at once when they are told to', async () => {
      await ok(['run', 'brief', '--image=midplane/web']);
      const said = await say(['delete', 'pod', 'brief', '--grace-period=0', '--force']);
      expect(said.code).toBe(0);
      expect(said.stdout).toMatch(/^pod "brief" force deleted/);
    });

    test('of an image that does not exist wait for it', async () => {
      await ok(['run', 'lost', '--image=no.such/image']);
      const watching = workplace.start(kubectl, [
        '-n',
        namespace,
        'get',
        'pod',
        'lost',
        '-w',
        '--no-headers',
      ]);
      await watching.until(/lost\s+0\/1\s+(ErrImagePull|ImagePullBackOff)/);
      watching.child.kill('SIGINT');
      await watching.ended;
      expect(await ok(['describe', 'pod', 'lost'])).toMatch(/Failed to pull image "no\.such\/image"/);
    });

    test('are evicted by drain, and the node is used again after uncordon', async () => {
      expect(await ok(['cordon', 'node-2'])).toBe('node/node-2 cordoned\n');
      expect(await ok(['get', 'nodes', '--no-headers'])).toMatch(/^node-2\s+Ready,SchedulingDisabled\s/m);
      expect(await ok(['uncordon', 'node-2'])).toBe('node/node-2 uncordoned\n');
      expect(await ok(['taint', 'nodes', 'node-2', 'colour=red:NoSchedule'])).toBe('node/node-2 tainted\n');
      expect(await ok(['taint', 'nodes', 'node-2', 'colour-'])).toBe('node/node-2 untainted\n');
    });
  });

  describe('delete', () => {
    test('takes dependents along, or leaves them', async () => {
      const limit = { timeoutMs: 40_000 };
      await ok(['create', 'deployment', 'parent', '--image=midplane/web']);
      await ok(['rollout', 'status', 'deployment/parent', '--timeout=20s'], limit);
      await ok(['delete', 'deployment', 'parent'], limit);
      const gone = await say(
        ['wait', '--for=delete', 'replicaset', '-l', 'app=parent', '--timeout=15s'],
        limit,
      );
      // 1.20 has nothing to wait for when all are gone already.
      expect(gone.code === 0 || gone.stderr.includes('no matching resources found')).toBe(true);
      await ok(['create', 'deployment', 'orphaned', '--image=midplane/web']);
      await ok(['rollout', 'status', 'deployment/orphaned', '--timeout=20s'], limit);
      await ok(['delete', 'deployment', 'orphaned', '--cascade=orphan'], limit);
      expect(await ok(['get', 'replicasets', '-l', 'app=orphaned', '-o', 'name'])).toMatch(
        /^replicaset\.apps\/orphaned-/,
      );
      await ok(['delete', 'replicaset', '-l', 'app=orphaned', '--cascade=foreground'], limit);
    }, 90_000);

    test('waits for finalizers', async () => {
      await ok(['create', 'configmap', 'held']);
      await ok(['patch', 'configmap', 'held', '-p', '{"metadata":{"finalizers":["example.test/hold"]}}']);
      await ok(['delete', 'configmap', 'held', '--wait=false']);
      expect(await field('configmap', 'held', '.metadata.deletionTimestamp')).toMatch(/^\d{4}-/);
      await ok(['patch', 'configmap', 'held', '-p', '{"metadata":{"finalizers":null}}']);
      expect((await say(['get', 'configmap', 'held'])).code).toBe(1);
    });

    test('by selector, and of everything of a kind', async () => {
      await ok(['create', 'configmap', 'first']);
      await ok(['label', 'configmap', 'first', 'batch=1']);
      expect(await ok(['delete', 'configmaps', '-l', 'batch=1'])).toMatch(/^configmap "first" deleted/);
      expect((await say(['delete', 'configmap', 'absent', '--ignore-not-found'])).code).toBe(0);
      expect((await say(['delete', 'configmap', 'absent'])).stderr).toBe(
        'Error from server (NotFound): configmaps "absent" not found\n',
      );
    });
  });

  describe('certificates and tokens', () => {
    test('a request is approved, another denied', async () => {
      for (const [name, verb, state] of [
        [`good-${namespace}`, 'approve', 'Approved'],
        [`bad-${namespace}`, 'deny', 'Denied'],
      ] as const) {
        const path = file(`${name}.yaml`, {
          apiVersion: 'certificates.k8s.io/v1',
          kind: 'CertificateSigningRequest',
          metadata: { name },
          spec: {
            request: Buffer.from(certificateRequest).toString('base64'),
            signerName: 'kubernetes.io/kube-apiserver-client',
            usages: ['client auth'],
          },
        });
        await ok(['create', '-f', path]);
        expect(await ok(['get', 'csr', name, '--no-headers'])).toMatch(
          /kubernetes\.io\/kube-apiserver-client\s+kubernetes-admin\s.*Pending/,
        );
        expect(await ok(['certificate', verb, name])).toMatch(
          new RegExp(`^certificatesigningrequest\\.certificates\\.k8s\\.io/${name} (approved|denied)\n$`),
        );
        expect(await ok(['get', 'csr', name, '--no-headers'])).toContain(state);
      }
    });

    if (minor(kubectl) >= 24) {
      test('a token of a service account opens what its roles open', async () => {
        const token = (await ok(['create', 'token', 'robot'])).trim();
        expect(token.split('.')).toHaveLength(3);
        await ok(['create', 'rolebinding', 'robots', '--role=reader', `--serviceaccount=${namespace}:robot`]);
        const asRobot = (args: string[]): Promise<Said> =>
          say([`--token=${token}`, ...args], { role: 'token' });
        expect(await asRobot(['get', 'pods'])).toMatchObject({ code: 0 });
        expect((await asRobot(['get', 'secrets'])).stderr).toContain(
          `User "system:serviceaccount:${namespace}:robot" cannot list resource "secrets"`,
        );
      });

      test('a token that is bound to an object ends with it', async () => {
        await ok(['create', 'secret', 'generic', 'leash', '--from-literal=a=b']);
        const create = ['create', 'token', 'robot', '--duration=10m'];
        const bound = [...create, '--bound-object-kind=Secret', '--bound-object-name=leash'];
        const token = (await ok(bound)).trim();
        const asRobot = (): Promise<Said> => say([`--token=${token}`, 'get', 'pods'], { role: 'token' });
        expect((await asRobot()).code).toBe(0);
        await ok(['delete', 'secret', 'leash']);
        expect((await asRobot()).stderr).toBe('error: You must be logged in to the server (Unauthorized)\n');
        expect((await say(bound)).stderr).toBe('error: failed to create token: secrets "leash" not found\n');
        expect((await say([...create, '--duration=1m'])).stderr).toBe(
          'error: failed to create token: TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes\n',
        );
        const uid = '--bound-object-uid=11111111-2222-3333-4444-555555555555';
        await ok(['create', 'secret', 'generic', 'leash', '--from-literal=a=b']);
        expect((await say([...bound, uid])).stderr).toContain(
          'the UID in the bound object reference (11111111-2222-3333-4444-555555555555) does not match the UID in record',
        );
      });
    }
  });

  test('a namespace goes with everything in it', async () => {
    const doomed = `${namespace}-doomed`;
    await workplace.ok(kubectl, ['create', 'namespace', doomed]);
    await workplace.ok(kubectl, ['-n', doomed, 'create', 'configmap', 'inside']);
    const said = await workplace.ok(kubectl, ['delete', 'namespace', doomed], { timeoutMs: 30_000 });
    expect(said).toBe(`namespace "${doomed}" deleted\n`);
    expect((await workplace.run(kubectl, ['get', 'namespace', doomed])).code).toBe(1);
  }, 40_000);
});
