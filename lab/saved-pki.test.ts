import { describe, expect, test } from '@jest/globals';
import { mintPeople } from './lab-people';
import { mintLabPki } from './lab-pki';
import { packKeys, unpackKeys } from './saved-pki';

const now = new Date();

describe('the keys of a lab that comes back', () => {
  test('are the same, and its authority signs on', async () => {
    const pki = await mintLabPki();
    const keys = { pki, people: await mintPeople(pki.authority, pki.admin) };
    const back = unpackKeys(packKeys(keys), 'keys.json', now);
    expect(back.people).toEqual(keys.people);
    expect(back.pki.serviceAccountKeyPem).toBe(pki.serviceAccountKeyPem);
    expect(back.pki.authority.name.equals(pki.authority.name)).toBe(true);
    const issued = await back.pki.authority.issue({ commonName: 'later', usages: ['clientAuth'] });
    expect(issued.certPem).toContain('BEGIN CERTIFICATE');
  });

  test.each([
    ['nothing', ''],
    ['no JSON', '{'],
    ['another version', '{"version":2}'],
    ['half of it', '{"version":1,"authority":{}}'],
  ])('that are %s are refused by the name of their file', (_what, text) => {
    expect(() => unpackKeys(text, 'keys.json', now)).toThrow('"keys.json" does not hold the keys of a lab');
  });

  test('are refused past their time', async () => {
    const pki = await mintLabPki();
    const text = packKeys({ pki, people: await mintPeople(pki.authority, pki.admin) });
    expect(() => unpackKeys(text, 'keys.json', new Date('2099-01-01'))).toThrow(/expired/);
  });
});
