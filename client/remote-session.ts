import type { Readable } from 'node:stream';
import type { WebSocket } from 'ws';
import { CHANNEL, decodeChannel, encodeChannel, encodeChannelClose } from '../wire/channel';
import { encodeResize, readExitStatus, STREAM_PROTOCOL_V5, type TerminalSize } from '../wire/remote-command';
import { wasAborted } from './aborted';
import type { ApiserverLink } from './apiserver-link';
import { type CommandOutcome, failed, interrupted, succeeded } from './command-outcome';
import {
  abnormalCloseWords,
  errorStreamWords,
  exitCodeWords,
  plainWords,
  unreachableWords,
  upgradeRefusedWords,
} from './kubectl-words';
import { lookUpPod, type PodTarget } from './pod-lookup';
import { Collected } from './read-body';
import { podPath } from './resource-path';
import { pumpStdin } from './stdin-pump';
import { openWebSocket } from './web-socket';

export interface AttachOptions extends PodTarget {
  /** Without it no stdin is asked for. */
  readonly stdin?: Buffer | Readable;
  /** Default false: the end of `stdin` is told to the container. */
  readonly keepStdinOpen?: boolean;
  /** A terminal: stderr is then part of stdout. */
  readonly tty?: boolean;
  /** The terminal's sizes, the first one at once; only with `tty`. */
  readonly sizes?: AsyncIterable<TerminalSize>;
  readonly onStdout?: (chunk: Buffer) => void;
  readonly onStderr?: (chunk: Buffer) => void;
}

export interface ExecOptions extends AttachOptions {
  readonly command: readonly string[];
}

/** A status is a few hundred bytes. */
const MOST_STATUS_BYTES = 1024 * 1024;

/**
 * `kubectl exec` (with a command) and `kubectl attach`, over WebSocket v5.channel.k8s.io. Real kubectl tries SPDY when the
 * upgrade is refused and reports that second refusal; here the first one is told in the words of the second.
 */
export async function remoteSession(
  link: ApiserverLink,
  options: AttachOptions,
  command: readonly string[] | null,
): Promise<CommandOutcome> {
  const { signal, tty = false } = options;
  const pod = await lookUpPod(link, options);
  if (wasAborted(signal)) return interrupted();
  if (pod.kind === 'outcome') return pod;
  if (pod.phase === 'Succeeded' || pod.phase === 'Failed') {
    const what = command === null ? 'attach a container' : 'exec into a container';
    return failed(plainWords(`cannot ${what} in a completed pod; current phase is ${pod.phase}`));
  }
  const opened = await openWebSocket(link, {
    path: podPath(options, command === null ? 'attach' : 'exec', [
      ...(command ?? []).map((word) => ['command', word] as const),
      ['container', pod.container],
      ['stdin', options.stdin !== undefined],
      ['stdout', true],
      ['stderr', !tty],
      ['tty', tty],
    ]),
    protocol: STREAM_PROTOCOL_V5,
    signal,
  });
  if (wasAborted(signal)) {
    if (opened.kind === 'open') opened.socket.terminate();
    return interrupted();
  }
  switch (opened.kind) {
    case 'refusal':
      return failed(unreachableWords(opened, link.server));
    case 'answer':
      return failed(upgradeRefusedWords(opened.body));
    case 'dropped':
      return failed(plainWords(opened.text));
    case 'open':
      return converse(opened.socket, options);
  }
}

function converse(socket: WebSocket, options: AttachOptions): Promise<CommandOutcome> {
  const { signal, stdin, keepStdinOpen = false, sizes } = options;
  const stdout = new Collected();
  const stderr = new Collected();
  const status = new Collected(MOST_STATUS_BYTES);
  let protocolError: string | null = null;
  return new Promise((resolve) => {
    socket.on('message', (data, binary) => {
      const message = decodeChannel(STREAM_PROTOCOL_V5, data as Buffer, binary);
      if (message.kind === 'malformed') {
        protocolError = message.text;
        socket.terminate();
      }
      if (message.kind !== 'data') return;
      if (message.channel === CHANNEL.stdout) {
        stdout.add(message.bytes);
        if (message.bytes.length > 0) options.onStdout?.(message.bytes);
      } else if (message.channel === CHANNEL.stderr) {
        stderr.add(message.bytes);
        if (message.bytes.length > 0) options.onStderr?.(message.bytes);
      } else if (message.channel === CHANNEL.error) {
        status.add(message.bytes);
      }
    });
    const stopStdin =
      stdin === undefined
        ? () => {}
        : pumpStdin(
            stdin,
            (piece, sent) => socket.send(encodeChannel(STREAM_PROTOCOL_V5, CHANNEL.stdin, piece), sent),
            () => {
              if (!keepStdinOpen) socket.send(encodeChannelClose(CHANNEL.stdin), () => {});
            },
          );
    const stopSizes = sizes === undefined ? () => {} : sendSizes(socket, sizes);
    const abort = (): void => socket.terminate();
    signal?.addEventListener('abort', abort);
    socket.on('close', (code, reason) => {
      signal?.removeEventListener('abort', abort);
      stopStdin();
      stopSizes();
      const output = { stdout: stdout.bytes(), stderr: stderr.bytes() };
      if (wasAborted(signal)) resolve(interrupted(output));
      else if (protocolError !== null) resolve(failed(errorStreamWords(protocolError), output));
      else if (code !== 1000) resolve(failed(abnormalCloseWords(code, reason.toString('utf8')), output));
      else resolve(outcomeOf(status.bytes().toString('utf8'), output));
    });
    socket.resume();
    if (wasAborted(signal)) abort();
  });
}

function outcomeOf(status: string, output: { stdout: Buffer; stderr: Buffer }): CommandOutcome {
  const exit = readExitStatus(status);
  if (exit.kind === 'failed') return failed(plainWords(exit.message), output);
  return exit.code === 0 ? succeeded(output) : failed(exitCodeWords(exit.code), output, exit.code);
}

/** Sends each size as it comes; returns what stops it. */
function sendSizes(socket: WebSocket, sizes: AsyncIterable<TerminalSize>): () => void {
  const iterator = sizes[Symbol.asyncIterator]();
  let stopped = false;
  const next = async (): Promise<void> => {
    while (!stopped) {
      const size = await iterator.next();
      if (size.done === true || stopped) return;
      const bytes = Buffer.from(encodeResize(size.value));
      socket.send(encodeChannel(STREAM_PROTOCOL_V5, CHANNEL.resize, bytes), () => {});
    }
  };
  // A source of sizes that fails only means that no more sizes come.
  next().catch(() => {});
  return () => {
    stopped = true;
    void iterator.return?.().catch(() => {});
  };
}
