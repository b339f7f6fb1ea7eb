import { expect, test } from '@jest/globals';
import {
  inhibitAnyPolicy,
  mint,
  nameOf,
  policies,
  policyConstraints,
  policyMappings,
  testKey,
} from '../test/certificate-builder';
import { type Certificate, parseCertificate } from '../wire/certificate';
import { chainPoliciesValid } from './verify-policies';

const key = testKey('p256');
const any = '2.5.29.32.0';

function certificate(issuer: string, subject: string, extensions: readonly Buffer[]): Certificate {
  const parsed = parseCertificate(
    mint({ issuer: nameOf(issuer), subject: nameOf(subject), spki: key.spki, signer: key, extensions }),
  );
  if (parsed.kind !== 'certificate') throw new Error(parsed.text);
  return parsed;
}

/** Anchor, then the authorities and the leaf in the order of issue. */
function valid(...extensions: readonly (readonly Buffer[])[]): boolean {
  const below = extensions.map((list, i) => certificate(`c${i}`, `c${i + 1}`, list));
  return chainPoliciesValid([...below.reverse(), certificate('c0', 'c0', [])]);
}

test.each<[string, boolean, readonly Buffer[][]]>([
  ['nobody speaks of policies', true, [[], []]],
  ['policies that do not meet, undemanded', true, [[policies('1.2.3')], [policies('1.2.4')]]],
  ['a demand that is met', true, [[policies('1.2.3'), policyConstraints(0)], [policies('1.2.3')]]],
  ['a demand that is not met', false, [[policies('1.2.3'), policyConstraints(0)], [policies('1.2.4')]]],
  ['a demand met by silence', false, [[policies('1.2.3'), policyConstraints(0)], []]],
  ['a demand of the leaf itself', false, [[], [policyConstraints(0)]]],
  [
    'a demand of the leaf itself, met',
    true,
    [[policies('1.2.3')], [policies('1.2.3'), policyConstraints(0)]],
  ],
  ['a demand that begins too late', true, [[policyConstraints(2)], []]],
  ['a demand that begins one below', false, [[policies(any), policyConstraints(1)], [policies(any)], []]],
  ['anyPolicy above', true, [[policies(any), policyConstraints(0)], [policies('1.2.3')]]],
  ['anyPolicy below', true, [[policies('1.2.3'), policyConstraints(0)], [policies(any)]]],
  [
    'anyPolicy below, inhibited',
    false,
    [[policies('1.2.3'), policyConstraints(0), inhibitAnyPolicy(0)], [policies(any)]],
  ],
  [
    'anyPolicy below, inhibited later',
    true,
    [[policies('1.2.3'), policyConstraints(0), inhibitAnyPolicy(1)], [policies(any)]],
  ],
  [
    'a mapping that fits',
    true,
    [[policies('1.2.3'), policyConstraints(0), policyMappings(['1.2.3', '1.2.4'])], [policies('1.2.4')]],
  ],
  [
    'the mapped policy itself',
    false,
    [[policies('1.2.3'), policyConstraints(0), policyMappings(['1.2.3', '1.2.4'])], [policies('1.2.3')]],
  ],
  [
    'a mapping below anyPolicy',
    true,
    [[policies(any), policyConstraints(0), policyMappings(['1.2.3', '1.2.4'])], [policies('1.2.4')]],
  ],
  [
    'a mapping of anyPolicy, undemanded',
    false,
    [[policies('1.2.3'), policyMappings([any, '1.2.4'])], [policies('1.2.3')]],
  ],
  [
    'an inhibited mapping',
    false,
    [
      [policies('1.2.3'), policyConstraints(0, 0)],
      [policies('1.2.3'), policyMappings(['1.2.3', '1.2.4'])],
      [policies('1.2.4')],
    ],
  ],
])('%s: %s', (_, expected, extensions) => {
  expect(valid(...extensions)).toBe(expected);
});

test('a self-issued authority does not count down', () => {
  const demanding = certificate('root', 'a', [policies(any), policyConstraints(1)]);
  const selfIssued = certificate('a', 'a', [policies(any)]);
  const leaf = certificate('a', 'leaf', []);
  expect(chainPoliciesValid([leaf, selfIssued, demanding, certificate('root', 'root', [])])).toBe(false);
  expect(chainPoliciesValid([leaf, demanding, certificate('root', 'root', [])])).toBe(false);
});

test('a leaf that is its own anchor is asked for nothing', () => {
  expect(chainPoliciesValid([certificate('x', 'x', [policyConstraints(0)])])).toBe(true);
});
