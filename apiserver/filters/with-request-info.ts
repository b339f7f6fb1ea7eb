import { badRequest } from '../../api/failures';
import type { SecureConnection } from '../../network/secure';
import { sendFailure } from '../api-request';
import { type Auditor, AuditTrail } from '../audit/audit-trail';
import { requestInfo } from '../request-info';
import { splitUrl } from '../split-url';
import type { Filter } from './locals';

/** What is asked for, and by whose connection; every answer tells the id under which the audit log has it (audit_init.go). */
export function withRequestInfo(clients: WeakMap<object, SecureConnection>, auditor: Auditor | null): Filter {
  return (request, response, next) => {
    const client = clients.get(request.socket);
    const [path, query] = splitUrl(request.url);
    const info = requestInfo(request.method, path, query);
    if (client === undefined || info === null) {
      sendFailure(response, badRequest('malformed request path'));
      return;
    }
    const listening = auditor?.log.idle === true ? null : auditor;
    const audit = new AuditTrail(listening, request, response, info, client.connection.remote.address);
    response.setHeader('audit-id', audit.id);
    Object.assign(response.locals, { info, client, audit });
    next();
  };
}
