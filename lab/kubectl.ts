import type { CommandOutcome } from '../client/kube-client';

/** The real kubectl, of whoever runs the lab: the lab itself starts no program. */
export interface Kubectl {
  /** To its end; killed when the signal is aborted. `words` is all that it said on stderr. */
  run(call: KubectlCall): Promise<CommandOutcome>;
  /** Kills what still runs, and takes away what was written for it. */
  close(): Promise<void>;
}

export interface KubectlCall {
  /** What stands behind the program's name. */
  readonly words: readonly string[];
  readonly stdin: string;
  /** The text of the only kubeconfig that it reads. */
  readonly kubeconfig: string;
  readonly signal: AbortSignal;
}

/** Throws MidplaneError LAB_START_FAILED where there is none. */
export type OpenKubectl = () => Promise<Kubectl>;
