import { describe, expect, test } from '@jest/globals';
import {
  clientForwardingErrorText,
  forwardingErrorText,
  PORT_FORWARD_TUNNEL_PROTOCOL,
  PortForwardPairing,
  type PortForwardStream,
  pairDeadlineText,
  portForwardHeaders,
} from './port-forward';

const stream = (id: number, headers: Record<string, string>): PortForwardStream => ({ id, headers });

describe('pairing', () => {
  test('joins the two streams of a request, in either order and interleaved', () => {
    const pairing = new PortForwardPairing();
    const errorOf0 = stream(1, portForwardHeaders('error', 8080, 0));
    const dataOf0 = stream(3, portForwardHeaders('data', 8080, 0));
    const dataOf1 = stream(5, portForwardHeaders('data', 9090, 1));
    const errorOf1 = stream(7, portForwardHeaders('error', 9090, 1));
    expect(pairing.offer(errorOf0)).toEqual({ kind: 'waiting', requestId: '0' });
    expect(pairing.offer(dataOf1)).toEqual({ kind: 'waiting', requestId: '1' });
    expect(pairing.offer(dataOf0)).toEqual({
      kind: 'paired',
      requestId: '0',
      port: 8080,
      error: errorOf0,
      data: dataOf0,
    });
    expect(pairing.offer(errorOf1)).toEqual({
      kind: 'paired',
      requestId: '1',
      port: 9090,
      error: errorOf1,
      data: dataOf1,
    });
    expect(pairing.giveUp('0')).toBeNull();
  });

  test('without request ids, the data stream follows its error stream', () => {
    const pairing = new PortForwardPairing();
    pairing.offer(stream(5, { streamtype: 'error', port: '80' }));
    expect(pairing.offer(stream(7, { streamtype: 'data', port: '80' }))).toMatchObject({
      kind: 'paired',
      requestId: '5',
    });
  });

  test('gives back the half whose other half never came', () => {
    const pairing = new PortForwardPairing();
    const error = stream(1, portForwardHeaders('error', 80, 4));
    pairing.offer(error);
    expect(pairing.giveUp('4')).toEqual({ error, data: null });
    expect(pairing.giveUp('4')).toBeNull();
  });

  test('refuses a second stream of one type and tells it on the error stream', () => {
    const pairing = new PortForwardPairing();
    const error = stream(1, portForwardHeaders('error', 80, 4));
    pairing.offer(error);
    expect(pairing.offer(stream(3, portForwardHeaders('error', 80, 4)))).toEqual({
      kind: 'refused',
      text: 'error processing stream for request 4: error stream already assigned',
      tell: error,
    });
  });

  test('keeps a bounded number of halves', () => {
    const pairing = new PortForwardPairing();
    for (let id = 0; id < 4096; id++) pairing.offer(stream(id * 2 + 1, portForwardHeaders('error', 80, id)));
    expect(pairing.offer(stream(9999, portForwardHeaders('error', 80, 9999))).kind).toBe('refused');
  });

  test.each([
    [{ streamtype: 'data' }, '"port" header is required'],
    [
      { port: 'http', streamtype: 'data' },
      'unable to parse "http" as a port: strconv.ParseUint: parsing "http": invalid syntax',
    ],
    [
      { port: '65536', streamtype: 'data' },
      'unable to parse "65536" as a port: strconv.ParseUint: parsing "65536": value out of range',
    ],
    [{ port: '0', streamtype: 'data' }, 'port "0" must be > 0'],
    [{ port: '80' }, '"streamType" header is required'],
    [{ port: '80', streamtype: 'stdin' }, 'invalid stream type "stdin"'],
  ])('refuses headers %j', (headers, text) => {
    expect(new PortForwardPairing().offer(stream(1, headers as Record<string, string>))).toEqual({
      kind: 'refused',
      text,
      tell: null,
    });
  });
});

test('the words are the runtime’s and the client’s', () => {
  const cause = forwardingErrorText(9, 'web', 'u-1', 'dial tcp4 127.0.0.1:9: connect: connection refused');
  expect(cause).toBe(
    'error forwarding port 9 to pod web, uid u-1: dial tcp4 127.0.0.1:9: connect: connection refused',
  );
  expect(clientForwardingErrorText(41695, 9, 'x')).toBe('an error occurred forwarding 41695 -> 9: x');
  expect(pairDeadlineText('c', '3')).toBe('(conn=c, request=3) timed out waiting for streams');
  expect(PORT_FORWARD_TUNNEL_PROTOCOL).toBe('SPDY/3.1+portforward.k8s.io');
});
