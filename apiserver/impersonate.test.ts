import { describe, expect, test } from '@jest/globals';
import { type Attributes, allow, noOpinion, type User } from './authorize';
import { impersonate } from './impersonate';

const bob: User = { name: 'bob', groups: ['ops'] };

function asked(headers: [string, string][], may: (question: string) => boolean = () => true) {
  const questions: string[] = [];
  const authorizer = (attributes: Attributes) => {
    if (attributes.kind !== 'resource') return noOpinion('');
    const { group, resource, subresource, namespace, name } = attributes;
    const question = [group, resource, subresource, namespace, name].join('|');
    questions.push(question);
    return may(question) ? allow('') : noOpinion('');
  };
  return { outcome: impersonate(headers, bob, [authorizer]), questions };
}

describe('impersonation', () => {
  test.each<[string, [string, string][], User, string[]]>([
    [
      'a user',
      [['Impersonate-User', 'jane']],
      { name: 'jane', groups: ['system:authenticated'] },
      ['|users|||jane'],
    ],
    [
      'groups, uid and extra',
      [
        ['Impersonate-User', 'jane'],
        ['Impersonate-Group', 'dev'],
        ['impersonate-group', 'qa'],
        ['Impersonate-Uid', 'u1'],
        ['Impersonate-Extra-Acme.com%2Fproject', 'x'],
      ],
      {
        name: 'jane',
        groups: ['dev', 'qa', 'system:authenticated'],
        uid: 'u1',
        extra: { 'acme.com/project': ['x'] },
      },
      [
        '|users|||jane',
        '|groups|||dev',
        '|groups|||qa',
        'authentication.k8s.io|userextras|acme.com/project||x',
        'authentication.k8s.io|uids|||u1',
      ],
    ],
    [
      'a service account, with the groups of one',
      [['Impersonate-User', 'system:serviceaccount:ns:robot']],
      {
        name: 'system:serviceaccount:ns:robot',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:ns', 'system:authenticated'],
      },
      ['|serviceaccounts||ns|robot'],
    ],
    [
      'nobody',
      [['Impersonate-User', 'system:anonymous']],
      { name: 'system:anonymous', groups: ['system:unauthenticated'] },
      ['|users|||system:anonymous'],
    ],
  ])('takes the place of %s', (_whom, headers, user, questions) => {
    expect(asked(headers)).toEqual({ outcome: { kind: 'impersonated', user }, questions });
  });

  test('is refused when one part is, in the words of any other refusal', () => {
    const headers: [string, string][] = [
      ['Impersonate-User', 'jane'],
      ['Impersonate-Group', 'system:masters'],
    ];
    expect(asked(headers, (question) => !question.includes('masters')).outcome).toMatchObject({
      kind: 'refused',
      failure: {
        message:
          'groups "system:masters" is forbidden: User "bob" cannot impersonate resource "groups" in API group "" at the cluster scope',
      },
    });
  });

  test('of a group needs a user as well', () => {
    expect(asked([['Impersonate-Group', 'dev']]).outcome).toEqual({
      kind: 'malformed',
      text: 'requested [{Group  dev    }] without impersonating a user',
    });
    expect(asked([]).outcome).toEqual({ kind: 'none' });
  });
});
