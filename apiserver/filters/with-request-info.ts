import { badRequest } from '../../api/failures';
import type { SecureConnection } from '../../network/secure';
import { type Randomness, uuidFrom } from '../../randomness';
import { sendFailure } from '../api-request';
import { type Auditor, AuditTrail } from '../audit/audit-trail';
import { requestInfo } from '../request-info';
import { splitUrl } from '../split-url';
import type { Filter } from './locals';

/** What is asked for, and by whose connection; every answer tells the id under which the audit log has it (audit_init.go). */
export function withRequestInfo(
  clients: WeakMap<object, SecureConnection>,
  auditor: Auditor | null,
  randomFor: (label: string) => Randomness,
): Filter {
  return (request, response, next) => {
    const client = clients.get(request.socket);
    const [path, query] = splitUrl(request.url);
    const info = requestInfo(request.method, path, query);
    if (client === undefined || info === null) {
      sendFailure(response, badRequest('malformed request path'));
      return;
    }
    const listening = auditor?.log.idle === true ? null : auditor;
    const { address } = client.connection.remote;
    const newId = () => {
      const agent = request.headers['user-agent'] ?? '';
      return uuidFrom(randomFor(`audit ${request.method} ${path} ${address} ${agent}`));
    };
    const audit = new AuditTrail(listening, request, response, info, address, newId);
    response.setHeader('audit-id', audit.id);
    Object.assign(response.locals, { info, client, audit });
    next();
  };
}
