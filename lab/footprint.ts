import { type Fields, fieldsOf, textOf, textsOf } from '../api/fields';

/** One request as the audit log tells of it. */
export interface AuditLine {
  readonly id: string;
  readonly user: string;
  readonly verb: string;
  /** `pods/exec`: names differ from run to run. */
  readonly resource: string;
  /** `pods/exec web in default`, or the path of what is no resource. */
  readonly what: string;
  readonly source: string;
  readonly agent: string;
  /** Null while there is no answer. */
  readonly code: number | null;
}

/** One line of a component's log. */
export interface LogLine {
  readonly level: number;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Whoever looks at a lab from inside must not be taken for a trace in it. */
export const OBSERVER = 'midplane-observer';

/** Of an event audit.k8s.io/v1; null for the observer's own. */
export function auditLine(event: object): AuditLine | null {
  const fields = fieldsOf(event);
  const agent = textOf(fields['userAgent']);
  if (agent === OBSERVER) return null;
  const ref = fieldsOf(fields['objectRef']);
  const code = fieldsOf(fields['responseStatus'])['code'];
  return {
    id: textOf(fields['auditID']),
    user: textOf(fieldsOf(fields['user'])['username']),
    verb: textOf(fields['verb']),
    ...whatOf(ref, textOf(fields['requestURI'])),
    source: textsOf(fields['sourceIPs']).at(-1) ?? '',
    agent,
    code: typeof code === 'number' && code > 0 ? code : null,
  };
}

function whatOf(ref: Fields, uri: string): Pick<AuditLine, 'resource' | 'what'> {
  const path = uri.split('?')[0] ?? '';
  const [kind, sub, name, namespace] = ['resource', 'subresource', 'name', 'namespace'].map((it) =>
    textOf(ref[it]),
  );
  if (!kind) return { resource: path, what: path };
  const resource = sub ? `${kind}/${sub}` : kind;
  return { resource, what: `${resource}${name ? ` ${name}` : ''}${namespace ? ` in ${namespace}` : ''}` };
}
