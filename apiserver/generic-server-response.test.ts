import { describe, expect, test } from '@jest/globals';
import { genericServerResponse } from './generic-server-response';

describe('the generic server response for pods/log', () => {
  const about = { group: '', resource: 'pods/log' };
  const forLog = (code: number, serverMessage: string) =>
    genericServerResponse({ code, verb: '', about, name: 'p', serverMessage });

  test.each([
    [401, 'x', 'Unauthorized', 'the server has asked for the client to provide credentials ( pods/log p)'],
    [403, 'Forbidden (user=u)', 'Forbidden', 'Forbidden (user=u) ( pods/log p)'],
    [404, 'x', 'NotFound', 'the server could not find the requested resource ( pods/log p)'],
    [
      405,
      'x',
      'MethodNotAllowed',
      'the server does not allow this method on the requested resource ( pods/log p)',
    ],
    [422, 'x', 'Invalid', 'the server rejected our request due to an error in our request ( pods/log p)'],
    [
      429,
      'x',
      'TooManyRequests',
      'the server has received too many requests and has asked us to try again later ( pods/log p)',
    ],
    [503, 'x', 'ServiceUnavailable', 'the server is currently unable to handle the request ( pods/log p)'],
    [
      504,
      'x',
      'Timeout',
      'the server was unable to return a response in the time allotted, but may still be processing the request ( pods/log p)',
    ],
    [
      502,
      'bad "gateway"\n',
      'InternalError',
      'an error on the server ("bad \\"gateway\\"\\n") has prevented the request from succeeding ( pods/log p)',
    ],
    [
      302,
      'x',
      undefined,
      'the server responded with the status code 302 but did not return more information ( pods/log p)',
    ],
  ])('%i', (code, body, reason, message) => {
    const failure = forLog(code, body);
    expect([failure.code, failure.reason, failure.message]).toEqual([code, reason, message]);
    expect(failure.details).toEqual({ name: 'p', kind: 'pods/log' });
  });
});
