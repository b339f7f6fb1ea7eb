import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Express, NextFunction, Request, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { internalError } from '../api/failures';
import type { Host } from '../network/network';
import type { SecureConnection } from '../network/secure';
import type { Randomness } from '../randomness';
import { type ApiRequest, type PendingUpgrade, sendFailure } from './api-request';
import type { ApiserverMetrics } from './apiserver-metrics';
import type { Auditor } from './audit/audit-trail';
import type { Authorizer } from './authorize';
import type { Filter, Located } from './filters/locals';
import { withAudit } from './filters/with-audit';
import { type Login, withAuthentication } from './filters/with-authentication';
import { withAuthorization } from './filters/with-authorization';
import { withImpersonation } from './filters/with-impersonation';
import { withMetrics } from './filters/with-metrics';
import { withRequestInfo } from './filters/with-request-info';
import { route, type Services } from './routes';
import { splitUrl } from './split-url';

/**
 * What every request passes on its way, in upstream's order: request info, authentication, authorization, routing.
 * An upgrade passes the same filters. Source: k8s.io/apiserver pkg/server/config.go (DefaultBuildHandlerChain).
 */
export interface Filters {
  readonly host: Host;
  readonly log: Logger;
  readonly clients: WeakMap<object, SecureConnection>;
  readonly authorizers: readonly Authorizer[];
  readonly auditor: Auditor | null;
  readonly metrics: ApiserverMetrics;
  readonly randomFor: (label: string) => Randomness;
  readonly services: Services;
  readonly login: Login;
}

/** k8s.io/apiserver serves with Go's defaults: heads of up to 1 MiB. */
const longestHeadBytes = 1024 * 1024;
/** How long a connection may idle between two requests. */
const keepAliveMs = 90_000;

/** An HTTP server that never listens: it is given decrypted sockets by `emit('connection')`. */
export function httpServer(filters: Filters): Server {
  const upgrades: Upgrades = new WeakMap();
  const app = application(filters, upgrades);
  const options = { keepAliveTimeout: keepAliveMs, maxHeaderSize: longestHeadBytes, noDelay: true };
  const server = createServer(options, app);
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket as TLSSocket);
    socket.on('error', () => socket.destroy());
    if (head.length > 0) socket.unshift(head);
    // Answered as an ordinary request after all: the connection ends with the answer.
    response.once('finish', () => {
      if (upgrades.has(request)) socket.end();
    });
    upgrades.set(request, {
      take: () => {
        upgrades.delete(request);
        response.detachSocket(socket as TLSSocket);
        noteUpgrade(response, socket);
        return socket;
      },
    });
    app(request as Request, response as Response);
  });
  return server;
}

/**
 * For the audit log and metrics a connection that was taken over is answered with 101, whatever is then written on it,
 * and over when it closes. Source: k8s.io/apiserver pkg/endpoints/filters/audit.go (fancyResponseWriterDelegator.Hijack).
 */
function noteUpgrade(response: ServerResponse, socket: Duplex): void {
  response.statusCode = 101;
  response.emit('upgraded');
  if (socket.closed) response.emit('close');
  else socket.once('close', () => response.emit('close'));
}

/** The upgrades that wait for their answer. */
type Upgrades = WeakMap<IncomingMessage, PendingUpgrade>;

function application(filters: Filters, upgrades: Upgrades): Express {
  const express: typeof import('express') = require('express');
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  const { clients, auditor, metrics, login, host, authorizers, randomFor } = filters;
  const chain: readonly Filter[] = [
    withRequestInfo(clients, auditor, randomFor),
    withMetrics(metrics),
    withAuthentication(login, host),
    withAudit,
    withImpersonation(authorizers),
    withAuthorization(authorizers),
  ];
  for (const filter of chain) app.use(filter as RequestHandler);
  app.use(async (request: Request, response: Response) =>
    route(apiRequest(request, response as Located, upgrades.get(request) ?? null), filters.services),
  );
  // Four parameters are what makes this an error handler to express.
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    filters.log.error({ err: error }, 'a handler failed');
    (response as Located).locals.audit?.panicked();
    // A connection that was taken over, or has half an answer on it, cannot be told any more.
    if (response.headersSent || response.socket === null) request.socket.destroy();
    else sendFailure(response, internalError(error instanceof Error ? error.message : String(error)));
  });
  return app;
}

function apiRequest(request: Request, response: Located, upgrade: PendingUpgrade | null): ApiRequest {
  const [, rawQuery] = splitUrl(request.url);
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  // Kept: an answer can be finished when the request has lost its socket already.
  const { socket } = request;
  socket.once('close', leave);
  response.once('finish', () => socket.off('close', leave));
  const { info, user, client } = response.locals;
  const query = new URLSearchParams(rawQuery);
  return { request, response, info, rawQuery, query, user, client, signal: gone.signal, upgrade };
}
