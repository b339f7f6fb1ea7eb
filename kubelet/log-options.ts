/**
 * The query of /containerLogs. Source: pkg/kubelet/server/server.go (getContainerLogs) and
 * pkg/apis/core/v1/validation (ValidatePodLogOptions), whose refusals the kubelet hides behind two fixed texts.
 */
export interface LogOptions {
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly tailLines: number | null;
  readonly limitBytes: number | null;
  /** Only what was written from then on. */
  readonly since: Date | null;
}

export type ParsedLogOptions =
  | { readonly kind: 'log-options'; readonly options: LogOptions }
  | { readonly kind: 'refused'; readonly code: 400 | 422; readonly text: string };

const UNDECODABLE: ParsedLogOptions = {
  kind: 'refused',
  code: 400,
  text: '{"message": "Unable to decode query."}',
};
const INVALID: ParsedLogOptions = { kind: 'refused', code: 422, text: '{"message": "Invalid request."}' };
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

export function parseLogOptions(query: URLSearchParams, now: Date): ParsedLogOptions {
  const tail = query.get('tail') ?? '';
  const tailLines = readInteger(tail === '' ? query.get('tailLines') : tail === 'all' ? null : tail);
  const limitBytes = readInteger(query.get('limitBytes'));
  const sinceSeconds = readInteger(query.get('sinceSeconds'));
  const sinceTime = query.get('sinceTime') ?? '';
  const badTime = sinceTime !== '' && (!RFC3339.test(sinceTime) || Number.isNaN(Date.parse(sinceTime)));
  if (tailLines === undefined || limitBytes === undefined || sinceSeconds === undefined || badTime) {
    return UNDECODABLE;
  }
  const bothSince = sinceSeconds !== null && sinceTime !== '';
  const tooSmall = (tailLines ?? 0) < 0 || (limitBytes ?? 1) < 1 || (sinceSeconds ?? 1) < 1;
  if (bothSince || tooSmall) return INVALID;
  const since =
    sinceSeconds !== null
      ? new Date(now.getTime() - sinceSeconds * 1000)
      : sinceTime === ''
        ? null
        : new Date(sinceTime);
  return {
    kind: 'log-options',
    options: {
      follow: readBoolean(query.get('follow')),
      previous: readBoolean(query.get('previous')),
      timestamps: readBoolean(query.get('timestamps')),
      tailLines,
      limitBytes,
      since,
    },
  };
}

/** Null when not given, undefined when it is no number. */
function readInteger(value: string | null): number | null | undefined {
  if (value === null || value === '') return null;
  return /^-?\d{1,15}$/.test(value) ? Number(value) : undefined;
}

/** runtime.Convert_Slice_string_To_bool: only `false` and `0` are false; a key without a value is true. */
function readBoolean(value: string | null): boolean {
  return value !== null && value.toLowerCase() !== 'false' && value !== '0';
}
