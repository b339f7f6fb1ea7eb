import { describe, expect, test } from '@jest/globals';
import type { LootRedirect } from './loot';
import { Play, type PlayAction } from './play';
import { RedirectRecord } from './redirect-record';
import { rehearse } from './testing-transcript';

const places = { plain: 'http://10.0.0.66:1', tls: 'https://10.0.0.66:2' };
const script = { mode: 'impersonate', forged: 'FORGED', tampered: 'TAMPERED', redirect: places } as const;

const asked = (path: string, method = 'GET') =>
  ({ kind: 'request-received', exchange: 0, method, path, headers: [] }) as const;
const finished = { kind: 'request-finished', exchange: 0, body: Buffer.alloc(0) } as const;
const sentTo = (location: string): PlayAction => ({
  kind: 'answer',
  exchange: 0,
  status: 302,
  headers: [['Location', location]],
  body: '',
  streamed: false,
});

describe('whoever is redirected', () => {
  test('goes to plain http, with the path it asked for', () => {
    rehearse(new Play(script), [
      ['saw', { kind: 'handshake-finished', showedCertificate: false }],
      ['does', { kind: 'read-requests' }],
      ['saw', asked('/api/v1/pods?limit=5')],
      ['saw', finished],
      ['does', sentTo('http://10.0.0.66:1/api/v1/pods?limit=5')],
    ]);
  });

  test('goes to https when it has shown a certificate', () => {
    rehearse(new Play(script), [
      ['saw', { kind: 'handshake-finished', showedCertificate: true }],
      ['does', { kind: 'read-requests' }],
      ['saw', asked('/exec/default/web/web', 'POST')],
      ['saw', finished],
      ['does', sentTo('https://10.0.0.66:2/exec/default/web/web')],
    ]);
  });

  test('cannot choose another host by a target that is no path', () => {
    rehearse(new Play(script), [
      ['saw', asked('@evil.example/', 'OPTIONS')],
      ['saw', finished],
      ['does', sentTo('http://10.0.0.66:1/')],
    ]);
  });
});

describe('the record', () => {
  test('says who came to which place, and with what', () => {
    const entries: LootRedirect[] = [];
    const record = new RedirectRecord(entries);
    record.of('https').asked([['User-Agent', 'nobody was sent here']], null);
    record.answered(302, 'http://10.0.0.66:1/a');
    record.answered(302, 'http://10.0.0.66:1/b');
    record.of('http').asked([['User-Agent', 'kubectl/v1.33']], null);
    record.of('http').asked(
      [
        ['User-Agent', 'kubectl/v1.33'],
        ['Authorization', 'Bearer x'],
      ],
      null,
    );
    record.answered(302, 'https://10.0.0.66:2/');
    record.of('https').refused('bad_certificate');
    expect(entries).toEqual([
      {
        status: 302,
        location: 'http://10.0.0.66:1/a',
        followedBy: 'kubectl/v1.33',
        credential: 'bearer token',
        alert: null,
      },
      {
        status: 302,
        location: 'https://10.0.0.66:2/',
        followedBy: null,
        credential: null,
        alert: 'bad_certificate',
      },
    ]);
  });
});
