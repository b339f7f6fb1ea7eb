import { describe, expect, test } from '@jest/globals';
import { exitStatus } from '../wire/remote-command';
import { Play, type PlayAction, type PlayEvent } from './play';
import { type Line, rehearse } from './testing-transcript';

const impersonation = { mode: 'impersonate', forged: 'FORGED', tampered: 'TAMPERED' } as const;
const relaying = { ...impersonation, mode: 'relay' } as const;

const spdy: readonly [string, string][] = [
  ['Connection', 'Upgrade'],
  ['Upgrade', 'SPDY/3.1'],
  ['X-Stream-Protocol-Version', 'v5.channel.k8s.io'],
  ['X-Stream-Protocol-Version', 'v4.channel.k8s.io'],
];

function request(method: string, path: string, headers: readonly (readonly [string, string])[] = []): Line {
  return ['saw', { kind: 'request-received', exchange: 0, method, path, headers }];
}
function opened(stream: number, headers: Record<string, string>): Line {
  return ['saw', { kind: 'stream-opened', exchange: 0, stream, headers }];
}
function said(stream: number, text: string): Line {
  return ['saw', { kind: 'stream-data', exchange: 0, stream, bytes: Buffer.from(text) }];
}
function does(action: PlayAction): Line {
  return ['does', action];
}
function accepts(stream: number): Line {
  return does({ kind: 'accept-stream', exchange: 0, stream });
}
function writes(stream: number, text: string): Line {
  return does({ kind: 'write', exchange: 0, stream, text });
}
function finishes(stream: number): Line {
  return does({ kind: 'finish', exchange: 0, stream });
}
const requestEnds: Line = ['saw', { kind: 'request-finished', exchange: 0, body: Buffer.alloc(0) }];
const endsSession = does({ kind: 'end-session', exchange: 0 });
const channels = ['stdin', 'stdout', 'stderr', 'error', 'resize'].map((streamtype) => ({ streamtype }));

function upgrades(
  to: 'spdy' | 'websocket',
  streamProtocol: string,
  withChannels: Record<string, string>[] = channels,
): Line {
  return does({ kind: 'upgrade', exchange: 0, to, streamProtocol, channels: withChannels });
}
function answers(body: string, streamed = false): Line {
  const headers = [['Content-Type', 'text/plain']] as const;
  return does({ kind: 'answer', exchange: 0, status: 200, headers, body, streamed });
}

describe('an impersonated connection', () => {
  test('is shown a certificate when it begins with TLS, and is read when the handshake is over', () => {
    rehearse(new Play(impersonation), [
      ['saw', { kind: 'connection-accepted' }],
      ['saw', { kind: 'first-bytes-received', protocol: 'tls' }],
      does({ kind: 'show-certificate' }),
      ['saw', { kind: 'handshake-finished' }],
      does({ kind: 'read-requests' }),
    ]);
  });

  test('is read at once when it is in clear', () => {
    rehearse(new Play(impersonation), [
      ['saw', { kind: 'connection-accepted' }],
      ['saw', { kind: 'first-bytes-received', protocol: 'plaintext' }],
      does({ kind: 'read-requests' }),
    ]);
  });

  test('is shown a host key when it begins with SSH', () => {
    rehearse(new Play(impersonation), [
      ['saw', { kind: 'first-bytes-received', protocol: 'ssh' }],
      does({ kind: 'show-host-key' }),
    ]);
  });

  test('is given up when the victim refuses the certificate', () => {
    rehearse(new Play(impersonation), [
      ['saw', { kind: 'first-bytes-received', protocol: 'tls' }],
      does({ kind: 'show-certificate' }),
      ['saw', { kind: 'handshake-failed', alert: 'bad_certificate' }],
      does({ kind: 'hang-up' }),
    ]);
  });

  test('gets a false log', () => {
    const path = '/containerLogs/default/web/web?tailLines=10';
    rehearse(new Play(impersonation), [request('GET', path), requestEnds, answers('FORGED\n')]);
  });

  test('gets the head of a followed log before its line', () => {
    const path = '/containerLogs/default/web/web?follow=true';
    rehearse(new Play(impersonation), [request('GET', path), requestEnds, answers('FORGED\n', true)]);
  });

  test.each([
    ['POST', '/run/default/web/web?cmd=id', 'FORGED\n'],
    ['GET', '/pods', 'FORGED\n'],
    ['HEAD', '/', ''],
    ['POST', '/exec/default/web/web?command=id&output=1', 'FORGED\n'],
  ])('gets an answer to %s %s when its body is in the bag', (method, path, body) => {
    rehearse(new Play(impersonation), [request(method, path), requestEnds, answers(body)]);
  });
});

describe('the false shell', () => {
  test('waits for all streams that the URL asks for, shows its text, and ends when stdin ends', () => {
    rehearse(new Play(impersonation), [
      request('POST', '/exec/default/web/web?command=sh&error=1&input=1&output=1', spdy),
      upgrades('spdy', 'v4.channel.k8s.io'),
      requestEnds,
      opened(1, { streamtype: 'error' }),
      accepts(1),
      opened(3, { streamtype: 'stdin' }),
      accepts(3),
      opened(5, { streamtype: 'stdout' }),
      accepts(5),
      opened(7, { streamtype: 'stderr' }),
      accepts(7),
      writes(5, 'FORGED\n'),
      said(3, 'cat /etc/shadow\n'),
      ['saw', { kind: 'stream-finished', exchange: 0, stream: 3 }],
      finishes(5),
      finishes(7),
      writes(1, exitStatus(0)),
      finishes(1),
      endsSession,
    ]);
  });

  test('ends at once when there is no stdin', () => {
    rehearse(new Play(impersonation), [
      request('POST', '/exec/default/web/web?command=id&output=1', spdy),
      upgrades('spdy', 'v4.channel.k8s.io'),
      opened(1, { streamtype: 'error' }),
      accepts(1),
      opened(3, { streamtype: 'stdout' }),
      accepts(3),
      writes(3, 'FORGED\n'),
      finishes(3),
      writes(1, exitStatus(0)),
      finishes(1),
      endsSession,
    ]);
  });

  test.each([
    ['types exit', 'ls\rex', 'it\r'],
    ['types Ctrl-D', 'ls\r', '\u0004'],
    ['types Ctrl-D after Ctrl-C', 'ls \u0004', '\u0003\u0004'],
  ])(
    'waits for resize and for the first input on a terminal that is attached to, has no stderr there, and ends when somebody %s',
    (_, first, last) => {
      rehearse(new Play(impersonation), [
        request('POST', '/attach/default/web/web?error=1&input=1&output=1&tty=1', spdy),
        upgrades('spdy', 'v4.channel.k8s.io'),
        opened(1, { streamtype: 'error' }),
        accepts(1),
        opened(3, { streamtype: 'stdin' }),
        accepts(3),
        opened(5, { streamtype: 'stdout' }),
        accepts(5),
        opened(7, { streamtype: 'resize' }),
        accepts(7),
        said(3, first),
        writes(5, 'FORGED\r\n'),
        said(3, last),
        finishes(5),
        writes(1, exitStatus(0)),
        finishes(1),
        endsSession,
      ]);
    },
  );

  test('says nothing on the error stream of the protocols that have no status object', () => {
    const v1 = spdy.slice(0, 2).concat([['X-Stream-Protocol-Version', 'channel.k8s.io']]);
    rehearse(new Play(impersonation), [
      request('POST', '/exec/default/web/web?command=id&output=1', v1),
      upgrades('spdy', 'channel.k8s.io'),
      opened(1, { streamtype: 'error' }),
      accepts(1),
      opened(3, { streamtype: 'stdout' }),
      accepts(3),
      writes(3, 'FORGED\n'),
      finishes(3),
      finishes(1),
      endsSession,
    ]);
  });

  test('refuses streams that nobody asked for, and a second one of a kind', () => {
    rehearse(new Play(impersonation), [
      request('POST', '/exec/default/web/web?command=id&output=1', spdy),
      upgrades('spdy', 'v4.channel.k8s.io'),
      opened(1, { streamtype: 'error' }),
      accepts(1),
      opened(3, { streamtype: 'error' }),
      does({ kind: 'refuse-stream', exchange: 0, stream: 3 }),
      opened(5, {}),
      does({ kind: 'refuse-stream', exchange: 0, stream: 5 }),
    ]);
  });

  test('over a v4 WebSocket, which cannot end stdin, takes the first input for all of it', () => {
    const webSocket: [string, string][] = [
      ['Connection', 'Upgrade'],
      ['Upgrade', 'websocket'],
      ['Sec-WebSocket-Protocol', 'v4.channel.k8s.io'],
    ];
    rehearse(new Play(impersonation), [
      request('GET', '/exec/default/web/web?command=sh&input=1&output=1', webSocket),
      upgrades('websocket', 'v4.channel.k8s.io'),
      ...channels.slice(0, 3).flatMap((headers, stream) => [opened(stream, headers), accepts(stream)]),
      opened(3, { streamtype: 'error' }),
      accepts(3),
      writes(1, 'FORGED\n'),
      said(0, 'id\n'),
      finishes(1),
      finishes(2),
      writes(3, exitStatus(0)),
      finishes(3),
      endsSession,
    ]);
  });

  test.each([
    [
      'no protocol at all',
      spdy.slice(0, 2),
      400,
      'unable to upgrade: X-Stream-Protocol-Version is required\n',
    ],
    [
      'a protocol nobody has',
      [...spdy.slice(0, 2), ['X-Stream-Protocol-Version', 'v9']] as [string, string][],
      403,
      'unable to upgrade: unable to negotiate protocol: client supports [v9], server accepts ' +
        '[v4.channel.k8s.io v3.channel.k8s.io v2.channel.k8s.io channel.k8s.io]\n',
    ],
  ])('refuses %s as a kubelet would', (_case, headers, status, body) => {
    const play = new Play(impersonation);
    const event: PlayEvent = {
      kind: 'request-received',
      exchange: 0,
      method: 'POST',
      path: '/exec/default/web/web?command=id&output=1',
      headers,
    };
    expect(play.see(event)).toEqual([expect.objectContaining({ kind: 'answer', status, body })]);
  });
});

describe('the false port', () => {
  const forward = spdy.slice(0, 2).concat([['X-Stream-Protocol-Version', 'portforward.k8s.io']]);
  const pair = { port: '80', requestid: '0' };

  test('answers the first bytes of a pair, and finishes both streams', () => {
    rehearse(new Play(impersonation), [
      request('POST', '/portForward/default/web', forward),
      upgrades('spdy', 'portforward.k8s.io', []),
      opened(1, { streamtype: 'error', ...pair }),
      accepts(1),
      ['saw', { kind: 'stream-finished', exchange: 0, stream: 1 }],
      opened(3, { streamtype: 'data', ...pair }),
      accepts(3),
      said(3, 'SELECT secret'),
      writes(3, 'FORGED\n'),
      finishes(3),
      finishes(1),
      said(3, ' FROM users'),
    ]);
  });

  test('answers HTTP with HTTP', () => {
    rehearse(new Play(impersonation), [
      request('POST', '/portForward/default/web', forward),
      upgrades('spdy', 'portforward.k8s.io', []),
      opened(1, { streamtype: 'error', ...pair }),
      accepts(1),
      opened(3, { streamtype: 'data', ...pair }),
      accepts(3),
      said(3, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
      writes(
        3,
        'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 7\r\nConnection: close\r\n\r\nFORGED\n',
      ),
      finishes(3),
      finishes(1),
    ]);
  });

  test('over WebSocket has two channels for each port of the URL, and ends with the last port', () => {
    const webSocket: [string, string][] = [
      ['Connection', 'Upgrade'],
      ['Upgrade', 'websocket'],
      ['Sec-WebSocket-Protocol', 'v4.channel.k8s.io'],
    ];
    const data = { streamtype: 'data', port: '80', requestid: '0' };
    const error = { ...data, streamtype: 'error' };
    rehearse(new Play(impersonation), [
      request('GET', '/portForward/default/web?port=80', webSocket),
      upgrades('websocket', 'v4.channel.k8s.io', [data, error]),
      opened(0, data),
      accepts(0),
      opened(1, error),
      accepts(1),
      said(0, 'hello'),
      writes(0, 'FORGED\n'),
      finishes(0),
      finishes(1),
      endsSession,
    ]);
  });

  test('refuses streams without a port', () => {
    rehearse(new Play(impersonation), [
      request('POST', '/portForward/default/web', forward),
      upgrades('spdy', 'portforward.k8s.io', []),
      opened(1, { streamtype: 'data' }),
      does({ kind: 'refuse-stream', exchange: 0, stream: 1 }),
    ]);
  });
});

describe('a relayed connection', () => {
  test('is dialled on before the victim has said anything', () => {
    rehearse(new Play(relaying), [['saw', { kind: 'connection-accepted' }], does({ kind: 'dial-genuine' })]);
  });

  test('gets a text slipped into its body, and another one into the answer', () => {
    rehearse(new Play(relaying), [
      request('POST', '/login?next=%2F', [
        ['Host', 'shop'],
        ['Content-Length', '12'],
        ['Accept-Encoding', 'gzip'],
        ['Connection', 'keep-alive'],
      ]),
      does({
        kind: 'forward',
        exchange: 0,
        path: '/login?next=%2F',
        headers: [
          ['Host', 'shop'],
          ['Content-Length', '12'],
        ],
        body: true,
        inject: 'TAMPERED',
        as: 'text',
      }),
      [
        'saw',
        {
          kind: 'genuine-answered',
          exchange: 0,
          method: 'POST',
          status: 200,
          headers: [
            ['Content-Length', '5'],
            ['Transfer-Encoding', 'chunked'],
          ],
        },
      ],
      does({
        kind: 'pass-on',
        exchange: 0,
        headers: [['Content-Length', '5']],
        body: true,
        inject: 'FORGED',
      }),
    ]);
  });

  test.each([
    ['/search?q=shoes', '/search?q=shoes+TAMPERED'],
    ['/', '/'],
    ['/containerLogs/default/web/web?tailLines=5', '/containerLogs/default/web/web?tailLines=5'],
  ])('without a body, %s goes on as %s', (path, forwarded) => {
    rehearse(new Play(relaying), [
      request('GET', path),
      does({
        kind: 'forward',
        exchange: 0,
        path: forwarded,
        headers: [],
        body: false,
        inject: null,
        as: 'text',
      }),
    ]);
  });

  test.each([
    ['output=1', '&command=TAMPERED'],
    ['output=1&input=1', ''],
  ])('an exec with %s gets %p into its URL', (streams, added) => {
    const path = `/exec/default/web/web?command=cat&${streams}`;
    rehearse(new Play(relaying), [
      request('POST', path, spdy),
      does({
        kind: 'forward',
        exchange: 0,
        path: `${path}${added}`,
        headers: spdy,
        body: false,
        inject: null,
        as: 'text',
      }),
    ]);
  });

  test.each([
    ['stdin', 'TAMPERED', null],
    ['stdout', null, 'FORGED'],
    ['data', 'TAMPERED', 'FORGED'],
    ['error', null, null],
    ['resize', null, null],
  ])('the stream %s carries %p up and %p down', (streamtype, injectUp, injectDown) => {
    rehearse(new Play(relaying), [
      opened(1, { streamtype }),
      does({ kind: 'forward-stream', exchange: 0, stream: 1, injectUp, injectDown }),
    ]);
  });

  test.each([
    ['a refusal', 'GET', 403, [], true],
    ['a failure', 'GET', 500, [], true],
    ['nothing', 'GET', 204, [], false],
    ['an empty body', 'GET', 200, [['Content-Length', '0']], false],
    ['a HEAD', 'HEAD', 200, [], false],
    ['what cannot be read', 'GET', 200, [['Content-Encoding', 'gzip']], true],
  ] as const)('passes %s on as it is', (_case, method, status, headers, body) => {
    rehearse(new Play(relaying), [
      ['saw', { kind: 'genuine-answered', exchange: 0, method, status, headers }],
      does({ kind: 'pass-on', exchange: 0, headers, body, inject: null }),
    ]);
  });

  test('is given up when the genuine endpoint cannot be reached', () => {
    rehearse(new Play(relaying), [
      ['saw', { kind: 'genuine-refused', text: 'connection refused' }],
      does({ kind: 'hang-up' }),
    ]);
  });
});

describe('a transcript', () => {
  test('that is not finished fails, and shows both sides', () => {
    expect(() => rehearse(new Play(relaying), [['saw', { kind: 'connection-accepted' }]])).toThrow(
      /script +\| play\n {2}saw connection-accepted .*\| saw connection-accepted .*\n> +\| does dial-genuine/,
    );
  });

  test('that expects more than is done fails', () => {
    const play = new Play(impersonation);
    expect(() =>
      rehearse(play, [['saw', { kind: 'connection-accepted' }], does({ kind: 'hang-up' })]),
    ).toThrow(/> does hang-up/);
  });
});
