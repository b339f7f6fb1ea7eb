import { attributesOf } from '../authorize';
import type { Filter } from './locals';

/** From here on the audit log tells of the request what its policy says of it (audit.go). */
export const withAudit: Filter = (_request, response, next) => {
  const { audit, info, user } = response.locals;
  audit.begin(attributesOf(info, user));
  next();
};
