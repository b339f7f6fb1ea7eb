import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Express, NextFunction, Request, Response } from 'express';
import type { Logger } from 'pino';
import { badRequest, internalError, unauthorized } from '../api/failures';
import type { Host } from '../network/network';
import type { SecureConnection } from '../network/secure';
import { type ApiRequest, type PendingUpgrade, sendFailure } from './api-request';
import type { Authentication } from './authenticate';
import { type Authorizer, attributesOf, authorize, forbidden, type User } from './authorize';
import { type RequestInfo, requestInfo } from './request-info';
import { route, type Services } from './routes';

/**
 * What every request passes on its way, in upstream's order: request info, authentication, authorization, routing.
 * An upgrade passes the same filters. Source: k8s.io/apiserver pkg/server/config.go (DefaultBuildHandlerChain).
 */
export interface Filters {
  readonly host: Host;
  readonly log: Logger;
  readonly clients: WeakMap<object, SecureConnection>;
  readonly authorizers: readonly Authorizer[];
  readonly services: Services;
  readonly login: (request: IncomingMessage, client: SecureConnection) => Authentication;
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
        return socket;
      },
    });
    app(request as Request, response as Response);
  });
  return server;
}

/** The upgrades that wait for their answer. */
type Upgrades = WeakMap<IncomingMessage, PendingUpgrade>;

type Located = Response<unknown, { info: RequestInfo; user: User; client: SecureConnection }>;

function application(filters: Filters, upgrades: Upgrades): Express {
  const express: typeof import('express') = require('express');
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use((request: Request, response: Located, next: NextFunction) => {
    const client = filters.clients.get(request.socket);
    const [path = '/', query = ''] = splitOnce(request.url);
    const info = requestInfo(request.method, path, query);
    if (client === undefined || info === null)
      return sendFailure(response, badRequest('malformed request path'));
    Object.assign(response.locals, { info, client });
    next();
  });
  app.use((request: Request, response: Located, next: NextFunction) => {
    const outcome = filters.login(request, response.locals.client);
    if (outcome.kind === 'unauthenticated') return sendFailure(response, unauthorized());
    response.locals.user = outcome.user;
    recordRequest(filters.host, request, response.locals);
    next();
  });
  app.use((_request: Request, response: Located, next: NextFunction) => {
    const attributes = attributesOf(response.locals.info, response.locals.user);
    const decision = authorize(filters.authorizers, attributes);
    if (decision.kind !== 'allow') return sendFailure(response, forbidden(attributes, decision.reason));
    next();
  });
  app.use(async (request: Request, response: Located) =>
    route(apiRequest(request, response, upgrades.get(request) ?? null), filters.services),
  );
  // Four parameters are what makes this an error handler to express.
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    filters.log.error({ err: error }, 'a handler failed');
    // A connection that was taken over, or has half an answer on it, cannot be told any more.
    if (response.headersSent || response.socket === null) request.socket.destroy();
    else sendFailure(response, internalError(error instanceof Error ? error.message : String(error)));
  });
  return app;
}

function apiRequest(request: Request, response: Located, upgrade: PendingUpgrade | null): ApiRequest {
  const [, rawQuery = ''] = splitOnce(request.url);
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

function recordRequest(
  host: Host,
  request: Request,
  { user, client }: { user: User; client: SecureConnection },
): void {
  host.timeline.record(host.name, client.connection.id, 'request-received', {
    user: user.name,
    method: request.method,
    path: request.url,
  });
}

function splitOnce(url: string): [path: string, query: string] {
  const at = url.indexOf('?');
  return at === -1 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}
