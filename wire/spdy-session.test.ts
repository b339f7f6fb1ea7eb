import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dataHead, SpdyDecoder, SpdyEncoder, type SpdyFrame } from './spdy';
import { SpdySession, type SpdySessionOptions } from './spdy-session';
import type { SpdyStream } from './spdy-stream';

/** Reads to the end and leaves the writing half alone; `for await` over a Duplex would destroy it. */
function text(stream: Duplex): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => resolve(Buffer.concat(chunks).toString()));
  });
}

/** Two ends of a pipe: what is written to one can be read from the other, with backpressure. */
function pipePair(): [Duplex, Duplex] {
  const ends: PipeEnd[] = [];
  class PipeEnd extends Duplex {
    #taken: (() => void) | null = null;
    peer(): PipeEnd | undefined {
      return ends.find((end) => end !== this);
    }
    override _read(): void {
      const peer = this.peer();
      peer?.release();
    }
    release(): void {
      const taken = this.#taken;
      this.#taken = null;
      taken?.();
    }
    override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
      if (this.peer()?.push(chunk)) setImmediate(done);
      else this.#taken = done;
    }
    override _final(done: () => void): void {
      this.peer()?.push(null);
      done();
    }
    override _destroy(error: Error | null, done: (error: Error | null) => void): void {
      const peer = this.peer();
      if (peer !== undefined && !peer.destroyed) setImmediate(() => peer.destroy());
      done(error);
    }
  }
  ends.push(new PipeEnd(), new PipeEnd());
  return ends as unknown as [Duplex, Duplex];
}

function sessions(onStream: (stream: SpdyStream) => void): { client: SpdySession; server: SpdySession } {
  const [near, far] = pipePair();
  return {
    client: new SpdySession(near, { role: 'client' }),
    server: new SpdySession(far, { role: 'server', onStream }),
  };
}

/** A session whose peer is this test: frames in, frames out. */
function puppet(options: SpdySessionOptions): {
  session: SpdySession;
  say: (...frames: SpdyFrame[]) => void;
  raw: (bytes: Buffer) => void;
  heard: SpdyFrame[];
  hear: (count: number) => Promise<SpdyFrame[]>;
  hangUp: () => void;
  far: Duplex;
} {
  const [near, far] = pipePair();
  const session = new SpdySession(near, options);
  const encoder = new SpdyEncoder();
  const decoder = new SpdyDecoder();
  const heard: SpdyFrame[] = [];
  const waiting: { count: number; resolve: (frames: SpdyFrame[]) => void }[] = [];
  far.on('data', (chunk: Buffer) => {
    for (const frame of decoder.push(chunk)) {
      if (frame.kind !== 'malformed') heard.push(frame);
    }
    for (const each of waiting) if (heard.length >= each.count) each.resolve(heard);
  });
  far.on('error', () => {});
  return {
    session,
    say: (...frames) => {
      for (const frame of frames) far.write(encoder.encode(frame));
    },
    raw: (bytes) => far.write(bytes),
    heard,
    hear: (count) =>
      heard.length >= count
        ? Promise.resolve(heard)
        : new Promise((resolve) => {
            waiting.push({ count, resolve });
          }),
    hangUp: () => far.end(),
    far,
  };
}

describe('between two sessions', () => {
  test('streams carry bytes both ways and half-close', async () => {
    const { client, server } = sessions((stream) => {
      stream.reply();
      void text(stream).then((heard) => stream.end(`${stream.headers['streamtype']}: ${heard}`));
    });
    const streams = await Promise.all(
      ['a', 'b', 'c'].map((streamtype) => client.open({ streamType: streamtype })),
    );
    expect(streams.map((stream) => stream.id)).toEqual([1, 3, 5]);
    const answers = streams.map((stream) => text(stream));
    for (const stream of streams) stream.end(`for ${stream.headers['streamtype']}`);
    expect(await Promise.all(answers)).toEqual(['a: for a', 'b: for b', 'c: for c']);
    expect(streams.map((stream) => stream.cutShort)).toEqual([null, null, null]);
    client.close();
    expect(await client.ended).toEqual({ kind: 'closed' });
    expect(await server.ended).toEqual({ kind: 'peer-left' });
  });

  test('a megabyte arrives whole, in frames of at most 32 KB', async () => {
    const sent = Buffer.alloc(1024 * 1024, 'midplane');
    const { session, say, hear, heard } = puppet({ role: 'client' });
    const opening = session.open({});
    await hear(1);
    say({ kind: 'syn-reply', streamId: 1, fin: false, headers: {} });
    const stream = await opening;
    stream.end(sent);
    await once(stream, 'finish');
    session.close();
    await session.ended;
    const data = heard.filter((frame) => frame.kind === 'data');
    expect(Buffer.concat(data.map((frame) => frame.bytes)).equals(sent)).toBe(true);
    expect(data.at(-1)?.fin).toBe(true);
  });

  test('the first write accepts a stream that nobody replied to', async () => {
    const { client } = sessions((stream) => stream.end('hello'));
    const stream = await client.open({});
    expect(await text(stream)).toBe('hello');
    client.destroy();
  });

  test('pings are answered in both directions', async () => {
    const { client, server } = sessions(() => {});
    await Promise.all([client.ping(), server.ping(), client.ping()]);
    client.destroy();
    await server.ended;
    await expect(server.ping()).rejects.toThrow('session is over');
  });

  test('a reader that stops stops the sender, and loses nothing when it goes on', async () => {
    const accepted: SpdyStream[] = [];
    const { client } = sessions((stream) => {
      accepted.push(stream);
      stream.reply();
    });
    const sender = await client.open({});
    let taken = 0;
    const block = Buffer.alloc(16 * 1024, 'x');
    while (taken < 1000 && sender.write(block)) taken += 1;
    const pump = async (): Promise<void> => {
      for (; taken < 1000; taken++) if (!sender.write(block)) await once(sender, 'drain');
      sender.end();
    };
    const pumping = pump();
    const [receiver] = accepted;
    expect(taken).toBeLessThan(20);
    let received = 0;
    receiver?.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    await pumping;
    if (receiver !== undefined) await once(receiver, 'end');
    expect(received).toBeGreaterThanOrEqual(1000 * block.length);
    client.destroy();
  });

  test('FIN behind data that filled the reader does not leave the transport paused', async () => {
    const { session, raw, say, hear } = puppet({ role: 'server', onStream: () => {} });
    const encoder = new SpdyEncoder();
    raw(
      Buffer.concat([
        encoder.encode({ kind: 'syn-stream', streamId: 1, fin: false, headers: {} }),
        encoder.encode({ kind: 'data', streamId: 1, fin: true, bytes: Buffer.alloc(20 * 1024) }),
      ]),
    );
    say({ kind: 'ping', id: 1 });
    expect(await hear(1)).toEqual([{ kind: 'ping', id: 1 }]);
    session.destroy();
  });
});

describe('what a peer may do', () => {
  const opened: SpdyFrame = { kind: 'syn-stream', streamId: 1, fin: false, headers: { a: 'b' } };

  test('a refused stream rejects the opener', async () => {
    const { client } = sessions((stream) => stream.reset(3));
    await expect(client.open({})).rejects.toThrow('stream reset by the peer with status 3');
    client.destroy();
  });

  test('a stream that the peer opens at a client is refused', async () => {
    const { session, say, hear } = puppet({ role: 'client' });
    say({ ...opened, streamId: 2 });
    expect(await hear(1)).toEqual([{ kind: 'rst-stream', streamId: 2, status: 3 }]);
    session.destroy();
  });

  test.each([
    ['of our own parity', 2],
    ['smaller than the last', 5],
  ])('a stream id %s is a protocol error of that stream only', async (_case, streamId) => {
    const streams: number[] = [];
    const { session, say, hear } = puppet({ role: 'server', onStream: (stream) => streams.push(stream.id) });
    say(
      { ...opened, streamId: 7 },
      { ...opened, streamId },
      { ...opened, streamId: 9 },
      { kind: 'ping', id: 1 },
    );
    expect(await hear(2)).toEqual([
      { kind: 'rst-stream', streamId, status: 1 },
      { kind: 'ping', id: 1 },
    ]);
    expect(streams).toEqual([7, 9]);
    session.destroy();
  });

  test('streams whose headers together are too much are refused, until others are closed', async () => {
    const opened: SpdyStream[] = [];
    const { say, hear } = puppet({ role: 'server', onStream: (stream) => opened.push(stream) });
    const headers = { name: 'x'.repeat(60_000) };
    for (let index = 0; index < 18; index++) {
      say({ kind: 'syn-stream', streamId: 1 + 2 * index, fin: false, headers });
    }
    const [refused] = await hear(1);
    expect(refused).toEqual({ kind: 'rst-stream', streamId: 35, status: 3 });
    expect(opened).toHaveLength(17);
    const closed = once(opened[0] as SpdyStream, 'close');
    opened[0]?.destroy();
    await closed;
    say({ kind: 'syn-stream', streamId: 37, fin: false, headers }, { kind: 'ping', id: 1 });
    await hear(3);
    expect(opened).toHaveLength(18);
  });

  test('a thousand pings in one read are answered in one write', async () => {
    const { raw, far, hear } = puppet({ role: 'server' });
    const writes: number[] = [];
    far.on('data', (chunk: Buffer) => writes.push(chunk.length));
    const encoder = new SpdyEncoder();
    raw(
      Buffer.concat(
        Array.from({ length: 1000 }, (_, id) => encoder.encode({ kind: 'ping', id: 2 * id + 1 })),
      ),
    );
    await hear(1000);
    expect(writes).toEqual([12_000]);
  });

  test('a reset ends the reader after what had arrived, without an error', async () => {
    const streams: SpdyStream[] = [];
    const { session, say, hear } = puppet({ role: 'server', onStream: (stream) => streams.push(stream) });
    say(
      opened,
      { kind: 'data', streamId: 1, fin: false, bytes: Buffer.from('half') },
      { kind: 'rst-stream', streamId: 1, status: 5 },
      { kind: 'ping', id: 1 },
    );
    await hear(1);
    const [stream] = streams;
    expect(stream?.cutShort).toBe('stream reset by the peer with status 5');
    expect(stream && (await text(stream))).toBe('half');
    if (stream !== undefined && !stream.destroyed) await once(stream, 'close');
    session.destroy();
  });

  test('malformed bytes end the session, cut its streams and destroy the transport', async () => {
    const { session, say, raw, hear, far } = puppet({ role: 'client' });
    const opening = session.open({});
    await hear(1);
    say({ kind: 'syn-reply', streamId: 1, fin: false, headers: {} });
    const stream = await opening;
    const heard = text(stream);
    raw(Buffer.from('8002000100000000', 'hex'));
    expect(await session.ended).toEqual({ kind: 'malformed', text: 'control frame of version 2' });
    expect(await heard).toBe('');
    expect(stream.cutShort).toBe('session is over: control frame of version 2');
    if (!far.destroyed) await once(far, 'close');
    await expect(session.open({})).rejects.toThrow('control frame of version 2');
  });

  test('GOAWAY lets open streams finish and takes no new one', async () => {
    const { session, say, hear } = puppet({ role: 'client' });
    const opening = session.open({});
    await hear(1);
    say(
      { kind: 'syn-reply', streamId: 1, fin: false, headers: {} },
      { kind: 'goaway', lastStreamId: 1, status: 0 },
      { kind: 'data', streamId: 1, fin: true, bytes: Buffer.from('last words') },
    );
    const stream = await opening;
    expect(await text(stream)).toBe('last words');
    await expect(session.open({})).rejects.toThrow('peer takes no more streams');
    stream.end();
    expect(await session.ended).toEqual({ kind: 'peer-left' });
  });

  test('a peer that hangs up rejects what waits for it', async () => {
    const { session, hear, hangUp } = puppet({ role: 'client' });
    const waiting = [session.open({}), session.ping()].map((each) =>
      each.catch((error: Error) => error.message),
    );
    await hear(2);
    hangUp();
    expect(await session.ended).toEqual({ kind: 'peer-left' });
    const why = 'session is over: closed by the peer';
    expect(await Promise.all(waiting)).toEqual([why, why]);
  });

  test('settings, window updates and data for a stream that is gone change nothing', async () => {
    const { session, say, hear } = puppet({ role: 'server', onStream: () => {} });
    say(
      { kind: 'settings' },
      { kind: 'window-update', streamId: 0, delta: 1 },
      { kind: 'data', streamId: 99, fin: true, bytes: Buffer.from('x') },
      { kind: 'ping', id: 1 },
    );
    expect(await hear(1)).toEqual([{ kind: 'ping', id: 1 }]);
    session.destroy();
  });

  test('destroying a stream that is still open resets it', async () => {
    const { session, say, hear } = puppet({ role: 'server', onStream: (stream) => stream.destroy() });
    say(opened);
    expect(await hear(1)).toEqual([{ kind: 'rst-stream', streamId: 1, status: 5 }]);
    session.destroy();
  });

  test('no bytes make a session throw or hang', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
            fc.record({ id: fc.nat(9), fin: fc.boolean() }).map(({ id, fin }) => dataHead(id, 0, fin)),
            fc.nat(0xffffffff).map((id) => new SpdyEncoder().encode({ kind: 'ping', id })),
            fc.nat(9).map((id) => new SpdyEncoder().encode({ ...opened, kind: 'syn-stream', streamId: id })),
            fc.nat(9).map((id) => new SpdyEncoder().encode({ kind: 'rst-stream', streamId: id, status: 5 })),
          ),
          { maxLength: 10 },
        ),
        fc.constantFrom('client' as const, 'server' as const),
        async (chunks, role) => {
          const { session, raw, hangUp } = puppet({ role, onStream: (stream) => stream.resume() });
          for (const chunk of chunks) raw(chunk);
          hangUp();
          await session.ended;
        },
      ),
      { numRuns: 100 },
    );
  });
});
