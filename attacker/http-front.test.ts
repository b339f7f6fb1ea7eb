import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { Fabric } from '../network/fabric';
import { type HttpExchange, serveHttp, writeHead } from './http-front';

const AT = { address: '10.0.0.2', port: 80 };

interface Front extends AsyncDisposable {
  readonly victim: Duplex;
  readonly gaveUp: readonly string[];
}

/** A victim on a real connection, and what answers it. */
async function front(take: (exchange: HttpExchange) => void, headMs?: number): Promise<Front> {
  const fabric = new Fabric();
  const near = fabric.addHost({ name: 'near', addresses: ['10.0.0.1/24'] });
  const far = fabric.addHost({ name: 'far', addresses: ['10.0.0.2/24'] });
  const gaveUp: string[] = [];
  await far.listen(AT, ({ socket }) => {
    socket.on('error', () => undefined);
    void serveHttp(socket, take, (waitedFor) => gaveUp.push(waitedFor), headMs);
  });
  const dialled = await near.dial({ host: AT.address, port: AT.port });
  if (dialled.kind === 'refusal') throw new Error(dialled.text);
  dialled.socket.on('error', () => undefined);
  return { victim: dialled.socket, gaveUp, [Symbol.asyncDispose]: () => fabric.close() };
}

/** Repeats what it was sent. */
function echo(exchange: HttpExchange): void {
  void text(exchange.body).then(
    (body) => {
      const { method, target } = exchange.head;
      writeHead(exchange, 200, 'OK', [['Content-Type', 'text/plain']]);
      exchange.response.end(`${method} ${target} ${body}`);
    },
    () => undefined,
  );
}

describe('the front', () => {
  test.each([
    ['nothing', ''],
    ['half a head', 'GET / HTTP/1.1\r\nHost: a\r\nX'],
    ['a request and half of the next', 'GET / HTTP/1.1\r\n\r\nGET /'],
  ])('waits for no head longer than it may, and says so: %s', async (_what, said) => {
    await using served = await front(echo, 30);
    served.victim.write(said);
    served.victim.resume();
    await new Promise<void>((resolve) => served.victim.once('close', () => resolve()));
    expect(served.gaveUp).toEqual(['the whole head of a request']);
  });

  test('answers in the order of the requests, and ends the connection with the last', async () => {
    await using served = await front(echo);
    served.victim.write('POST /1 HTTP/1.1\r\nContent-Length: 3\r\n\r\noneGET /2 HTTP/1.1\r\n\r\n');
    served.victim.write('POST /3 HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n');
    served.victim.write('3\r\nthr\r\n2\r\nee\r\n0\r\n\r\n');
    const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n';
    const chunked = 'Transfer-Encoding: chunked\r\n\r\n';
    expect(await text(served.victim)).toBe(
      `${head}${chunked}b\r\nPOST /1 one\r\n0\r\n\r\n` +
        `${head}${chunked}7\r\nGET /2 \r\n0\r\n\r\n` +
        `${head}Connection: close\r\n${chunked}d\r\nPOST /3 three\r\n0\r\n\r\n`,
    );
  });

  test('ends an answer to HTTP/1.0 by closing, and gives HEAD no body', async () => {
    await using old = await front(echo);
    old.victim.write('GET / HTTP/1.0\r\n\r\n');
    expect(await text(old.victim)).toMatch(/Connection: close\r\n\r\nGET \/ $/);
    await using head = await front(echo);
    head.victim.write('HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n');
    expect(await text(head.victim)).toMatch(/Connection: close\r\n\r\n$/);
  });

  test.each([
    ['too little', 'ab', 5],
    ['too much', 'abcdef', 5],
  ])(
    'breaks the connection off when there is %s for the length that was said',
    async (_what, body, length) => {
      await using served = await front((exchange) => {
        writeHead(exchange, 200, 'OK', [['Content-Length', `${length}`]]);
        exchange.response.end(body);
      });
      served.victim.write('GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n');
      const heard = await text(served.victim).catch(() => 'broken off');
      expect(heard.split('200 OK').length).toBeLessThanOrEqual(2);
    },
  );

  test('takes what is left of an unread body for no request', async () => {
    const targets: string[] = [];
    await using served = await front((exchange) => {
      targets.push(exchange.head.target);
      writeHead(exchange, 413, 'Too Large', [['Content-Length', '0']]);
      exchange.response.end();
    });
    served.victim.write('POST /1 HTTP/1.1\r\nContent-Length: 100\r\n\r\nGET /2 HTTP/1.1\r\n\r\n');
    await text(served.victim).catch(() => undefined);
    expect(targets).toEqual(['/1']);
  });

  test('notices that a victim has left while its answer is still to come', async () => {
    let left = (): void => undefined;
    const gone = new Promise<void>((resolve) => {
      left = resolve;
    });
    await using served = await front((exchange) => {
      exchange.response.once('close', left);
      served.victim.destroy();
    });
    served.victim.write('GET /follow HTTP/1.1\r\n\r\n');
    await gone;
  });
});
