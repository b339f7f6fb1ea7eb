import type { SimulatedContainer } from './containers/simulated-container';
import type { ContainerSpec } from './pod-spec';

/** What a container left behind as its last words. Source: pkg/kubelet/kuberuntime/kuberuntime_container.go (getTerminationMessage). */
const LONGEST_MESSAGE_BYTES = 4096;
const LONGEST_LOG_BYTES = 2048;
const LOG_LINES = 80;

export function terminationMessage(
  container: Pick<SimulatedContainer, 'read' | 'log'>,
  { terminationMessagePath, terminationMessagePolicy }: ContainerSpec,
  exitCode: number,
): string {
  const content = container.read(terminationMessagePath || '/dev/termination-log');
  if (content !== null && content.length > 0) {
    return content.subarray(0, LONGEST_MESSAGE_BYTES).toString();
  }
  if (terminationMessagePolicy !== 'FallbackToLogsOnError' || exitCode === 0) return '';
  const log = Buffer.concat(container.log.select({ tailLines: LOG_LINES }).map((it) => it.bytes));
  return log.subarray(Math.max(0, log.length - LONGEST_LOG_BYTES)).toString();
}
