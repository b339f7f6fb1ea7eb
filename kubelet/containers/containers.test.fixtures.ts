import type { Container, Pod } from '../../api/objects';
import { Fabric } from '../../network/fabric';
import { collectOutput } from './collect-output';
import { Pipe, type Sink } from './pipe';
import { SimulatedContainer } from './simulated-container';

/** What a test gives a container and sees of it. */
export function podOf(spec: Partial<Container>): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'box', namespace: 'default', uid: 'u-1' },
    spec: { containers: [{ name: 'c', image: 'midplane/logger', ...spec }] },
  };
}

export async function startContainer(
  spec: Partial<Container> = {},
): Promise<{ container: SimulatedContainer; fabric: Fabric; stop(): Promise<void> }> {
  const pod = podOf(spec);
  const [first] = pod.spec.containers;
  if (first === undefined) throw new Error('a pod has a container');
  const fabric = new Fabric();
  const network = fabric.addHost({ name: 'box', addresses: ['10.244.1.5/24'] });
  const container = new SimulatedContainer({
    pod,
    spec: first,
    network,
    address: '10.244.1.5',
    webKeyPair: null,
    now: () => new Date(),
  });
  await container.start();
  const stop = async (): Promise<void> => {
    container.stop();
    await container.ended;
    await fabric.close();
  };
  return { container, fabric, stop };
}

/** Collects what is written, and tells when it contains something. */
export class Screen implements Sink {
  text = '';
  readonly #waiting = new Set<() => void>();

  async write(bytes: Buffer): Promise<boolean> {
    this.text += bytes.toString();
    for (const look of [...this.#waiting]) look();
    return true;
  }

  end(): void {}

  shows(wanted: string): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!this.text.includes(wanted)) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }
}

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. */
export async function execute(
  container: SimulatedContainer,
  argv: readonly string[],
  stdin?: string,
): Promise<Run> {
  const run = await executeBytes(container, argv, stdin === undefined ? undefined : Buffer.from(stdin));
  return { ...run, stdout: run.stdout.toString() };
}

export async function executeBytes(
  container: SimulatedContainer,
  argv: readonly string[],
  stdin?: Buffer,
): Promise<{ code: number; stdout: Buffer; stderr: string }> {
  const [stdout, stderr] = [collectOutput(64 * 1024 * 1024), new Screen()];
  const input = stdin === undefined ? null : new Pipe();
  if (input !== null && stdin !== undefined) {
    void input.write(stdin);
    input.end();
  }
  const signal = new AbortController().signal;
  const streams = { stdin: input, stdout: stdout.sink, stderr, terminal: null, signal };
  const outcome = await container.exec(argv, streams);
  if (outcome.kind === 'failed') throw new Error(outcome.text);
  return { code: outcome.code, stdout: stdout.bytes(), stderr: stderr.text };
}
