import type { Kubelet } from '../../kubelet/kubelet';
import { timeLimit } from '../../network/time-limit';

const OUTPUT_WITHIN_MS = 10_000;

/** The last line that a pod in `default` has written once it runs; '' when it never did. */
export async function outputOf(
  kubelet: Kubelet,
  pod: string,
  container: string,
  signal: AbortSignal,
): Promise<string> {
  await kubelet.whenRunning('default', pod);
  const log = kubelet.container('default', pod, container)?.log;
  await log?.reached(0, timeLimit(OUTPUT_WITHIN_MS, signal));
  return log?.select({ tailLines: 1 })[0]?.bytes.toString('utf8').trim() ?? '';
}
