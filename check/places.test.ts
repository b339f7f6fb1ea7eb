import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { sampleCell } from '../report/matrix-sample.test.data';
import { placeText } from '../report/outcome';
import { closingsFor } from './closings';
import { pathPlaces, placeOf } from './places';
import { planCheck } from './plan-check';
import { readGiven, readGivenWords } from './read-given';

const manifest = (name: string): string =>
  readFileSync(join(__dirname, '..', '..', 'test', 'manifests', name), 'utf8');
const planOf = (texts: readonly string[]) =>
  planCheck(texts.flatMap((text, index) => readGiven(text, `f${index}`)));

/** `kubelet-ca f0:1:1`, of all that could close something. */
function places(plan: ReturnType<typeof planOf>): string[] {
  return closingsFor(plan.lab.settings).map((closing) => {
    const at = placeOf(closing, plan);
    return `${closing.id} ${at === null ? 'nowhere' : placeText(at)}`;
  });
}

/** Of a file its line, to be read beside the place. */
const kubeadm = [manifest('kubeadm-kube-apiserver.yaml'), manifest('kubeadm-kubelet-config.yaml')];

describe('where a setting stands that leaves something open, or would be added', () => {
  test.each<[what: string, texts: string[], places: string[]]>([
    ['the command of a static pod', kubeadm, ['kubelet-ca f0:14:7']],
    [
      'its arguments behind the name of the program',
      ['kind: Pod\nspec:\n  containers:\n    - command: [/bin/kube-apiserver]\n      args:\n        - --v=1'],
      ['kubelet-ca f0:4:17', 'kubelet-authentication nowhere', 'all f0:4:17'],
    ],
    ['a command line', ['kubelet --config=/c'], ['kubelet-ca nowhere']],
    [
      'flags of a kubelet that are open',
      [kubeadm[0] as string, 'kubelet --config=/c \\\n --anonymous-auth=true'],
      ['kubelet-ca f0:14:7', 'kubelet-authentication f1:2:2', 'all f0:14:7'],
    ],
    [
      'defaults of a kubelet that are open, in no file',
      ['# old\nkubelet --v=1'],
      ['kubelet-ca nowhere', 'kubelet-authentication f0:2:1', 'all nowhere'],
    ],
    [
      'a field of KubeletConfiguration',
      [
        'kind: KubeletConfiguration\nauthentication:\n  x509: {clientCAFile: /ca}\nauthorization:\n  mode: AlwaysAllow',
      ],
      ['kubelet-ca nowhere', 'kubelet-authentication f0:5:3', 'all nowhere'],
    ],
    [
      'the first line of one without the field',
      [
        manifest('kube-apiserver.service'),
        '# ours\nkind: KubeletConfiguration\nauthentication: {x509: {clientCAFile: /ca}}',
      ],
      ['serving f1:2:1'],
    ],
    [
      'a field that is false',
      [
        manifest('kube-apiserver.service'),
        'kind: KubeletConfiguration\nserverTLSBootstrap: false\nauthentication: {x509: {clientCAFile: /ca}}',
      ],
      ['serving f1:2:1'],
    ],
    [
      'extraArgs of kubeadm',
      ['kind: ClusterConfiguration\napiServer:\n  extraArgs:\n    v: "1"'],
      ['kubelet-ca f0:4:5'],
    ],
    ['kubeadm without them', ['kind: ClusterConfiguration\nclusterName: a'], ['kubelet-ca f0:1:1']],
    [
      'k3s, which verifies but for an empty argument',
      ['disable: [traefik]\nkube-apiserver-arg:\n  - v=1\n  - kubelet-certificate-authority='],
      ['kubelet-ca f0:4:5'],
    ],
    [
      'a kubeconfig',
      [
        ...kubeadm,
        'kind: Config\nclusters:\n- name: a\n  cluster:\n    server: https://x\n    insecure-skip-tls-verify: true',
      ],
      ['kubelet-ca f0:14:7', 'client-ca f2:6:31', 'all f0:14:7'],
    ],
  ])('%s', (_, texts, expected) => {
    expect(places(planOf(texts))).toEqual(expected);
  });

  test('a unit', () => {
    const unit = manifest('kube-apiserver.service').replace(/^.*kubelet-certificate-authority.*\n/m, '');
    expect(places(planOf([unit]))).toEqual(['kubelet-ca f0:8:11']);
  });

  test('the words behind --', () => {
    const plan = planCheck([readGivenWords(['sudo', 'kube-apiserver', '--kubelet-certificate-authority='])]);
    expect(places(plan)[0]).toBe('kubelet-ca the command line:1:3');
  });
});

describe('where a path is to be looked for', () => {
  const cells = [
    sampleCell('logs', 'none', 'self-signed'),
    sampleCell('kubelet-api', 'client-insecure', 'self-signed'),
  ];
  const at = { file: 'k.yaml', line: 1, column: 1 };
  const own = { file: 'c.yaml', line: 2, column: 2 };
  const closing = { id: 'x', setting: '--x', closes: ['logs'], lessens: [], mends: [], leaves: [] } as const;
  const nowhere = { 'kube-apiserver': null, kubelet: null, kubeconfig: null };

  test.each([
    ['at what closes it', [{ ...closing, at: own }], { ...nowhere, kubelet: at }, own],
    ['at the flags of whoever dials', [{ ...closing, at: null }], { ...nowhere, 'kube-apiserver': at }, at],
    ['at the kubelet, where nothing else was given', [], { ...nowhere, kubelet: at }, at],
    ['nowhere', [], nowhere, null],
  ] as const)('%s', (_, closings, homes, place) => {
    expect(pathPlaces(cells.slice(0, 1), closings, { homes })).toEqual([
      { path: 'logs', closing: closings[0]?.id ?? null, at: place },
    ]);
  });

  test('of a client at its kubeconfig', () => {
    const homes = { ...nowhere, 'kube-apiserver': own, kubeconfig: at };
    expect(pathPlaces(cells.slice(1), [], { homes })).toMatchObject([{ path: 'kubelet-api', at }]);
  });
});
