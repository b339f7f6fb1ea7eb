import { describe, expect, test } from '@jest/globals';
import { failure, type StatusDetails, type StatusReason } from '../api/status';
import type { Refusal } from '../network/network';
import {
  abnormalCloseWords,
  exitCodeWords,
  failedAnswerWords,
  plainWords,
  portForwardFailedWords,
  portForwardRefusedWords,
  unreachableWords,
  upgradeRefusedWords,
} from './kubectl-words';

const json = (code: number, message: string, reason?: StatusReason, details?: StatusDetails): Buffer =>
  Buffer.from(JSON.stringify(failure(code, message, reason, details)));

const LOG_URL = 'Get "https://10.0.0.11:10250/containerLogs/default/web/web"';

describe('logs, when the apiserver answers with a Status', () => {
  test.each<[string, number, StatusReason | undefined, string, string]>([
    [
      'TLS verification fails',
      500,
      undefined,
      `${LOG_URL}: tls: failed to verify certificate: x509: certificate signed by unknown authority`,
      `Error from server: ${LOG_URL}: tls: failed to verify certificate: x509: certificate signed by unknown authority`,
    ],
    [
      'connection refused',
      500,
      undefined,
      `${LOG_URL}: dial tcp 10.0.0.11:10250: connect: connection refused`,
      `Error from server: ${LOG_URL}: dial tcp 10.0.0.11:10250: connect: connection refused`,
    ],
    [
      'timeout',
      500,
      undefined,
      `${LOG_URL}: net/http: TLS handshake timeout`,
      `Error from server: ${LOG_URL}: net/http: TLS handshake timeout`,
    ],
    [
      'plain HTTP',
      500,
      undefined,
      `${LOG_URL}: http: server gave HTTP response to HTTPS client`,
      `Error from server: ${LOG_URL}: http: server gave HTTP response to HTTPS client`,
    ],
    ['closed in the handshake', 500, undefined, `${LOG_URL}: EOF`, `Error from server: ${LOG_URL}: EOF`],
    [
      'no serving certificate yet',
      500,
      undefined,
      `${LOG_URL}: remote error: tls: internal error`,
      `Error from server: ${LOG_URL}: remote error: tls: internal error`,
    ],
    [
      'kubelet 401',
      401,
      'Unauthorized',
      'the server has asked for the client to provide credentials ( pods/log web)',
      'error: You must be logged in to the server (the server has asked for the client to provide credentials ( pods/log web))',
    ],
    [
      'kubelet 403',
      403,
      'Forbidden',
      'Forbidden (user=system:anonymous, verb=get, resource=nodes, subresource=proxy) ( pods/log web)',
      'Error from server (Forbidden): Forbidden (user=system:anonymous, verb=get, resource=nodes, subresource=proxy) ( pods/log web)',
    ],
    [
      'kubelet 404',
      404,
      'NotFound',
      'the server could not find the requested resource ( pods/log web)',
      'Error from server (NotFound): the server could not find the requested resource ( pods/log web)',
    ],
    [
      'kubelet 400',
      400,
      'BadRequest',
      'container "x" is waiting',
      'Error from server (BadRequest): container "x" is waiting',
    ],
    [
      'kubelet 500',
      500,
      'InternalError',
      'Internal error occurred: boom',
      'Error from server (InternalError): Internal error occurred: boom',
    ],
    [
      'kubelet 503',
      503,
      'ServiceUnavailable',
      'the server is currently unable to handle the request ( pods/log web)',
      'Error from server (ServiceUnavailable): the server is currently unable to handle the request ( pods/log web)',
    ],
  ])('%s', (_case, status, reason, message, words) => {
    const answer = { status, contentType: 'application/json', body: json(status, message, reason) };
    expect(failedAnswerWords({ ...answer, verb: 'GET', resource: 'pods', name: 'web' })).toBe(words);
  });
});

describe('get --raw, when the answer is plain text', () => {
  const rawWords = (
    status: number,
    body: string,
    contentType: string | null = 'text/plain; charset=utf-8',
  ): string =>
    failedAnswerWords({ status, contentType, body: Buffer.from(body), verb: 'GET', resource: '', name: '' });

  test.each([
    [
      401,
      'error: You must be logged in to the server (the server has asked for the client to provide credentials)',
    ],
    [403, 'Error from server (Forbidden): B'],
    [404, 'Error from server (NotFound): the server could not find the requested resource'],
    [400, 'Error from server (BadRequest): the server rejected our request for an unknown reason'],
    [
      405,
      'Error from server (MethodNotAllowed): the server does not allow this method on the requested resource',
    ],
    [
      429,
      'Error from server (TooManyRequests): the server has received too many requests and has asked us to try again later',
    ],
    [
      502,
      'Error from server (InternalError): an error on the server ("B") has prevented the request from succeeding',
    ],
    [503, 'Error from server (ServiceUnavailable): the server is currently unable to handle the request'],
    [
      418,
      'Error from server: the server responded with the status code 418 but did not return more information',
    ],
  ])('%d', (status, words) => {
    expect(rawWords(status, 'B\n')).toBe(words);
  });

  test('a body that is no text is not quoted', () => {
    expect(rawWords(502, '\0\x01', 'image/png')).toContain('("unknown")');
  });

  test('a missing type counts as text, and only 2048 bytes are quoted', () => {
    expect(rawWords(403, 'x'.repeat(5000), null)).toBe(`Error from server (Forbidden): ${'x'.repeat(2048)}`);
  });

  test('a Status in text/plain is only text, in JSON it speaks', () => {
    const status = json(403, 'no', 'Forbidden').toString();
    expect(rawWords(403, status)).toBe(`Error from server (Forbidden): ${status}`);
    expect(rawWords(403, status, 'application/json')).toBe('Error from server (Forbidden): no');
  });

  test.each([
    ['without its kind', '{"apiVersion":"v1","status":"Failure","message":"m"}', 'unknown'],
    ['that reports success', '{"kind":"Status","status":"Success","message":"m"}', 'unknown'],
    ['without its version', '{"kind":"Status","status":"Failure","message":"m","reason":"Forbidden"}', 'm'],
    ['with a message of another type', '{"kind":"Status","status":"Failure","message":5}', 'unknown'],
  ])('a Status %s', (_case, body, message) => {
    expect(rawWords(403, body, 'application/json')).toBe(`Error from server (Forbidden): ${message}`);
  });

  test('422 repeats the body as a cause', () => {
    expect(rawWords(422, 'B')).toBe('The request is invalid: : B');
  });

  test('a proxy that failed', () => {
    const text = 'error trying to reach service: dial tcp 10.244.1.2:8080: connect: connection refused';
    const body = json(503, text, 'ServiceUnavailable').toString();
    expect(rawWords(503, body, 'application/json')).toBe(`Error from server (ServiceUnavailable): ${text}`);
  });

  test('a resource and a name are named', () => {
    const answer = { status: 404, contentType: 'text/plain', body: Buffer.from('404 page not found') };
    expect(failedAnswerWords({ ...answer, verb: 'GET', resource: 'pods', name: 'web' })).toBe(
      'Error from server (NotFound): the server could not find the requested resource (get pods web)',
    );
  });
});

describe('what validation refused', () => {
  const invalid = (details?: StatusDetails): string =>
    failedAnswerWords({
      status: 422,
      contentType: 'application/json',
      body: json(422, 'M', 'Invalid', details),
      verb: 'POST',
      resource: '',
      name: '',
    });

  test.each<[StatusDetails | undefined, string]>([
    [undefined, 'The request is invalid: M'],
    [{}, 'The request is invalid: M'],
    [{ kind: 'Pod', name: 'web' }, 'The Pod "web" is invalid'],
    [
      { kind: 'Pod', name: 'web', causes: [{ field: 'spec.containers', message: 'Required value' }] },
      'The Pod "web" is invalid: spec.containers: Required value',
    ],
    [
      {
        kind: 'Pod',
        name: 'web',
        causes: [
          { field: 'a', message: 'x' },
          { field: 'b', message: 'y' },
        ],
      },
      'The Pod "web" is invalid: \n* a: x\n* b: y',
    ],
  ])('%j', (details, words) => {
    expect(invalid(details)).toBe(words);
  });
});

describe('upgrades that were refused', () => {
  const E =
    'error dialing backend: tls: failed to verify certificate: x509: certificate signed by unknown authority';
  const B = 'Forbidden (user=x, verb=create, resource=nodes, subresource=proxy)';

  test.each([
    ['exec: kubelet not believed', upgradeRefusedWords(json(500, E)), `Error from server: ${E}`],
    [
      'exec: kubelet’s own words',
      upgradeRefusedWords(Buffer.from(`${B}\n`)),
      `error: unable to upgrade connection: ${B}`,
    ],
    ['exec: RBAC', upgradeRefusedWords(json(403, 'no', 'Forbidden')), 'Error from server (Forbidden): no'],
    [
      'exec: not logged in',
      upgradeRefusedWords(json(401, 'Unauthorized', 'Unauthorized')),
      'error: You must be logged in to the server (Unauthorized)',
    ],
    [
      'port-forward: kubelet not believed',
      portForwardRefusedWords(json(500, E)),
      `error: error upgrading connection: ${E}`,
    ],
    [
      'port-forward: kubelet’s own words',
      portForwardRefusedWords(Buffer.from(B)),
      `error: error upgrading connection: unable to upgrade connection: ${B}`,
    ],
    [
      'port-forward: dropped',
      portForwardFailedWords('unexpected EOF'),
      'error: error upgrading connection: unexpected EOF',
    ],
  ])('%s', (_case, words, expected) => {
    expect(words).toBe(expected);
  });
});

describe('the answer to an upgrade is decoded whatever it looks like', () => {
  const asText = (body: string): string => `error: unable to upgrade connection: ${body}`;

  test.each([
    ['hello', asText('hello')],
    ['[]', asText('[]')],
    ['"x"', asText('"x"')],
    ['- a', asText('- a')],
    ['{"message":', asText('{"message":')],
    ['{"message":5}', asText('{"message":5}')],
    ['{"kind":"Pod","apiVersion":"v1"}', asText('{"kind":"Pod","apiVersion":"v1"}')],
    ['Internal error: boom: x', asText('Internal error: boom: x')],
    ['{"a":1}', 'Error from server: '],
    ['null', 'Error from server: '],
    ['', 'Error from server: '],
    ['  \n', 'Error from server: '],
    ['error dialing backend: EOF', 'Error from server: '],
    ['{"kind":"Status","apiVersion":"v2","message":"m"}', 'Error from server: m'],
    ['{"kind":"Status","apiVersion":"v1","status":"Success","message":"m"}', 'Error from server: m'],
    ['message: hi\nreason: Forbidden', 'Error from server (Forbidden): hi'],
  ])('%j', (body, words) => {
    expect(upgradeRefusedWords(Buffer.from(body))).toBe(words);
  });
});

describe('the rest', () => {
  const refusal = (code: Refusal['code'], text: string): Refusal => ({
    kind: 'refusal',
    code,
    text,
    peer: null,
  });

  test.each([
    [
      unreachableWords(
        refusal('CONNECTION_REFUSED', 'dial tcp 10.0.0.10:6443: connect: connection refused'),
        '10.0.0.10:6443',
      ),
      'The connection to the server 10.0.0.10:6443 was refused - did you specify the right host or port?',
    ],
    [unreachableWords(refusal('CONNECTION_CLOSED', 'EOF'), 'x:1'), 'Unable to connect to the server: EOF'],
    [exitCodeWords(3), 'command terminated with exit code 3'],
    [plainWords('error: once'), 'error: once'],
    [plainWords('unexpected EOF'), 'error: unexpected EOF'],
    [
      abnormalCloseWords(1006, ''),
      'error: error reading from error stream: next reader: websocket: close 1006 (abnormal closure): unexpected EOF',
    ],
    [
      abnormalCloseWords(1005, ''),
      'error: error reading from error stream: next reader: websocket: close 1005 (no status)',
    ],
    [
      abnormalCloseWords(1011, 'boom'),
      'error: error reading from error stream: next reader: websocket: close 1011 (internal server error): boom',
    ],
    [
      abnormalCloseWords(4000, ''),
      'error: error reading from error stream: next reader: websocket: close 4000',
    ],
  ])('%s', (words, expected) => {
    expect(words).toBe(expected);
  });
});
