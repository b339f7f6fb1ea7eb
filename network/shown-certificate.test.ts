import { describe, expect, test } from '@jest/globals';
import * as built from '../test/certificate-builder';
import { shownCertificate } from './shown-certificate';
import { Timeline } from './timeline';

describe('what a server shows, in words', () => {
  test('is the subject, the issuer and the alternative names, in their order', () => {
    const key = built.testKey('p256');
    const leaf = built.mint({
      spki: key.spki,
      signer: key,
      subject: built.nameOf(['2.5.4.10', built.utf8('system:nodes')], ['2.5.4.3', built.utf8('a,b')]),
      issuer: built.nameOf('lab-ca'),
      extensions: [
        built.altNames([
          built.ip('fd000000000000000000000000000001'),
          built.dns('node-1'),
          built.email('a@b.example'),
          built.uri('https://x.example/'),
        ]),
      ],
    });
    expect(shownCertificate([leaf])).toEqual({
      subject: 'O=system:nodes, CN=a\\,b',
      issuer: 'CN=lab-ca',
      sans: ['IP:fd00::1', 'DNS:node-1', 'email:a@b.example', 'URI:https://x.example/'],
    });
  });

  test.each([
    ['no certificate at all', []],
    ['one that nobody can read', [Buffer.from('30820000', 'hex')]],
  ])('is nothing for %s', (_, chain) => {
    expect(shownCertificate(chain)).toBeNull();
  });
});

describe('a timeline', () => {
  test('knows whether anybody listens', () => {
    const timeline = new Timeline();
    expect(timeline.listening).toBe(false);
    const stop = timeline.subscribe(() => undefined);
    expect(timeline.listening).toBe(true);
    stop();
    expect(timeline.listening).toBe(false);
  });
});
