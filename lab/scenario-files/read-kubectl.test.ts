import { describe, expect, test } from '@jest/globals';
import { scenarioSchema } from '../../report/scenario-schema';
import { parseLocatedYaml } from '../../wire/located-yaml';
import { roles } from '../lab-people';
import { DocumentPart, type Finding } from './document-part';
import { readUser } from './read-user';

function read(action: Readonly<Record<string, unknown>>) {
  const document = parseLocatedYaml(JSON.stringify({ user: [action] }));
  if (document.kind === 'syntax-error') throw new Error(document.text);
  const findings: Finding[] = [];
  const [user] = readUser(DocumentPart.top(document, findings));
  return { user, findings: findings.map(({ text, hint }) => `${text}; ${hint}`) };
}

describe('a kubectl command line', () => {
  test.each([
    ['logs web --tail=3', ['logs', 'web', '--tail=3']],
    [
      `kubectl exec -i web -- sh -c 'cat "$(UP)" -w'`,
      ['exec', '-i', 'web', '--', 'sh', '-c', 'cat "$(UP)" -w'],
    ],
    [
      'get pods -nkube-system -l app=web -o wide',
      ['get', 'pods', '-nkube-system', '-l', 'app=web', '-o', 'wide'],
    ],
    ['-n team get pods', ['-n', 'team', 'get', 'pods']],
    ['kubectl --namespace=team logs x', ['--namespace=team', 'logs', 'x']],
    ['apply -f - --server-side', ['apply', '-f', '-', '--server-side']],
    ['create -f- --raw /api/v1/x', ['create', '-f-', '--raw', '/api/v1/x']],
  ])('%j is cut as a shell would cut it', (kubectl, words) => {
    expect(read({ path: 'exec', kubectl })).toMatchObject({
      findings: [],
      user: { kubectl: { words, as: 'admin' } },
    });
  });

  test.each([
    ['', 'user[0].kubectl is empty'],
    ['kubectl', 'kubectl is to do nothing; for example: logs web --tail=3'],
    ['-o yaml get pods', 'kubectl begins with "-o"; say first what it does'],
    ['-n team', 'kubectl is to do nothing'],
    ['-n team edit pods', 'kubectl edit is not run by a scenario'],
    ['-n team logs -f web', 'kubectl is given -f; it has to end by itself'],
    ['port-forward web 8080', 'kubectl port-forward is not run by a scenario; known: '],
    ['gte pods', 'kubectl gte is not run by a scenario; did you mean "get"'],
    ['get "pods', 'kubectl has a quote (") that does not end'],
    ['get pods --kubeconfig=/root/.kube/config', 'kubectl is given --kubeconfig; it talks to the lab'],
    ['get pods -shttps://elsewhere', 'kubectl is given -s; it talks to the lab'],
    ['get pods -w', 'kubectl is given -w; it has to end by itself'],
    ['logs -f web', 'kubectl is given -f; it has to end by itself'],
    ['apply -f pod.yaml', 'kubectl is to read the file "pod.yaml"; what it is to read goes into "stdin"'],
    ['apply -Rfpods', 'kubectl is to read the file "pods"'],
    ['apply --filename=https://elsewhere/x.yaml', 'kubectl is to read the file "https://elsewhere/x.yaml"'],
    ['apply -k github.com/x/y', 'kubectl is given -k'],
  ])('%j is refused', (kubectl, complaint) => {
    expect(read({ kubectl }).findings).toEqual([expect.stringContaining(complaint)]);
  });

  test.each([
    [{ path: 'pod-api', kubectl: 'get pods' }, 'path "pod-api" is not one on which kubectl is attacked'],
    [{ path: 'logs', stdin: 'x' }, 'stdin is said without kubectl'],
    [{ path: 'logs', as: 'viewer' }, 'as is said without kubectl'],
    [{ kubectl: 'get pods', as: 'root' }, 'unknown as "root"'],
    [{ kubectl: 'get pods $(UP)' }, '$(UP) stands for nothing without a path'],
    [{ kubectl: 'get pods', name: 'Look around' }, 'name "Look around" is not in lower case'],
    [{ text: 'nothing' }, 'spec.user[0].path is not there'],
  ])('%j is no action', (action, complaint) => {
    expect(read(action).findings).toEqual([expect.stringContaining(complaint.replace('spec.', ''))]);
  });

  test('the schema names the same people', () => {
    const { as } = scenarioSchema.properties.spec.properties.user.items.properties;
    expect(as.enum).toEqual(roles);
  });
});
