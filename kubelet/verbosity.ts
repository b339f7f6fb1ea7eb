import type { Logger } from 'pino';

/**
 * `PUT /debug/flags/v`: how much the kubelet logs, until it is started again. What is logged at klog's level 4 is the
 * logger's `debug`; a logger that is silent stays so.
 * Source: k8s.io/component-base logs/logs.go (GlogSetter).
 */
export function setVerbosity(
  value: string,
  log: Logger,
): { readonly code: 200 | 400; readonly text: string } {
  const refused = refusal(value);
  if (refused !== null) return { code: 400, text: refused };
  if (log.level !== 'silent') log.level = Number(value) >= 4 ? 'debug' : 'info';
  return { code: 200, text: `successfully set klog.logging.verbosity to ${value}` };
}

function refusal(value: string): string | null {
  const parsing = `strconv.ParseUint: parsing ${JSON.stringify(value)}`;
  if (!/^\d+$/.test(value)) return `${parsing}: invalid syntax`;
  if (Number(value) >= 2 ** 32) return `${parsing}: value out of range`;
  if (Number(value) < 2 ** 31) return null;
  const why = `strconv.ParseInt: parsing ${JSON.stringify(value)}: value out of range`;
  return `failed set klog.logging.verbosity ${value}: ${why}`;
}
