import type { Logger } from 'pino';
import type { Pod } from '../api/objects';
import type { Clock } from '../client/clock';
import type { EventSink } from '../client/event-reference';
import type { Host } from '../network/network';
import type { Randomness } from '../randomness';
import type { KeyPair } from '../wire/pem';
import type { BackOff } from './back-off';
import type { ImageStore } from './image-store';
import type { ObjectSource } from './object-source';
import type { PodSandbox, RunningPod } from './running-pod';

/** What every pod of a node has around it. */
export interface NodeContext {
  readonly node: Host;
  readonly hostIp: string;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly sandbox: PodSandbox;
  /** The certificate of a web server in this pod; null for none. */
  readonly webKeyPair: (pod: Pod) => Promise<KeyPair | null>;
  readonly clock: Clock;
  readonly log: Logger;
  /** For what is made anew under this label: the first time, the second, each time another stream. */
  readonly randomFor: (label: string) => Randomness;
  readonly events: EventSink;
  readonly source: ObjectSource;
  readonly images: ImageStore;
  readonly crashBackOff: BackOff;
  /** Called whenever a pod's status may have changed. */
  readonly onChange: (running: RunningPod) => void;
}
