import type { NextFunction, Request, Response } from 'express';
import type { SecureConnection } from '../../network/secure';
import type { AuditTrail } from '../audit/audit-trail';
import type { User } from '../authorize';
import type { RequestInfo } from '../request-info';

/** What the filters before found out about a request. */
export interface Locals {
  info: RequestInfo;
  client: SecureConnection;
  audit: AuditTrail;
  user: User;
}

export type Located = Response<unknown, Locals & Record<string, unknown>>;

export type Filter = (request: Request, response: Located, next: NextFunction) => void;
