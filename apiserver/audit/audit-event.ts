import type { KubeObject } from '../../api/objects';
import type { User } from '../authorize';
import type { RequestInfo } from '../request-info';
import { userInfo } from '../reviews';
import type { AuditLevel, AuditStage } from './audit-policy';

/**
 * One line of the audit log: audit.k8s.io/v1 Event, with its fields in upstream's order.
 * Source: k8s.io/apiserver pkg/apis/audit/v1/types.go, pkg/audit/request.go.
 */
export interface AuditFacts {
  readonly level: AuditLevel;
  readonly auditId: string;
  readonly requestUri: string;
  readonly info: RequestInfo;
  /** What the body said, once it has been read. */
  readonly object: KubeObject | null;
  readonly user: User | null;
  readonly impersonatedUser: User | null;
  readonly sourceIps: readonly string[];
  readonly userAgent: string;
  readonly received: Date;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface AuditOutcome {
  /** 0 before there is an answer. */
  readonly code: number;
  /** The Status that was sent, of which a bounded part is told. */
  readonly status: Readonly<Record<string, unknown>> | null;
  readonly requestObject: unknown;
  readonly responseObject: unknown;
}

export function auditEvent(
  facts: AuditFacts,
  stage: AuditStage,
  outcome: AuditOutcome | null,
  now: Date,
): object {
  const { info, level, annotations } = facts;
  const withRequest = level === 'Request' || level === 'RequestResponse';
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level,
    auditID: facts.auditId,
    stage,
    requestURI: facts.requestUri,
    verb: info.verb,
    user: facts.user === null ? {} : userInfo(facts.user),
    ...(facts.impersonatedUser === null ? {} : { impersonatedUser: userInfo(facts.impersonatedUser) }),
    ...(facts.sourceIps.length === 0 ? {} : { sourceIPs: facts.sourceIps }),
    ...(facts.userAgent === '' ? {} : { userAgent: facts.userAgent }),
    ...(info.isResourceRequest ? { objectRef: objectRef(facts) } : {}),
    ...(outcome === null ? {} : { responseStatus: responseStatus(outcome) }),
    ...(withRequest && outcome?.requestObject !== undefined ? { requestObject: outcome.requestObject } : {}),
    ...(level === 'RequestResponse' && outcome?.responseObject !== undefined
      ? { responseObject: outcome.responseObject }
      : {}),
    requestReceivedTimestamp: microTime(facts.received),
    stageTimestamp: microTime(now),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
}

/** What the path does not say, the object does (LogRequestObject). */
function objectRef({ info, object }: AuditFacts): object {
  const { resource, apiGroup, apiVersion, subresource } = info;
  const { namespace = '', name = '', uid = '', resourceVersion = '' } = object?.metadata ?? {};
  const given = {
    resource,
    namespace: info.namespace || namespace,
    name: info.name || name,
    uid,
    apiGroup,
    apiVersion,
    resourceVersion,
    subresource,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
}

function responseStatus({ code, status }: AuditOutcome): object {
  const { status: word, message, reason, details } = status ?? {};
  return {
    metadata: {},
    ...(word === undefined ? {} : { status: word }),
    ...(message === undefined ? {} : { message }),
    ...(reason === undefined ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  };
}

/** metav1.MicroTime; the clock here has milliseconds. */
function microTime(at: Date): string {
  return at.toISOString().replace('Z', '000Z');
}
