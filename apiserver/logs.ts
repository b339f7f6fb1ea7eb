import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import {
  badRequest,
  type Failure,
  genericServerResponse,
  internalError,
  isFailure,
  plainError,
} from '../api/failures';
import { joinHostPort } from '../network/network';
import { readSome } from '../network/read-some';
import type { HttpResponse } from '../network/transport';
import { headerValue } from '../wire/http-head';
import { type Answered, type ApiRequest, sendFailure } from './api-request';
import { type Caller, hasBug, roundTrip } from './backend';
import { followReading } from './follow-redirects';
import { type Backends, findPod, logLocation, type PodLocation, refuseLogOptions } from './pod-location';
import { isTrue } from './request-info';

/**
 * GET …/pods/NAME/log. A request of the apiserver's own goes to the kubelet: nothing of the user's headers is in it,
 * and no redirect is followed. Source: pkg/registry/core/pod/rest/log.go,
 * k8s.io/apiserver pkg/registry/generic/rest/{streamer,response_checker}.go.
 */
export async function serveLogs(
  api: ApiRequest,
  backends: Backends,
  caller: Omit<Caller, 'path'>,
): Promise<Answered> {
  const { info, query, response, request } = api;
  if (request.method !== 'GET') return sendFailure(response, badRequest('logs are read with GET'));
  const pod = findPod(backends, info.namespace, info.name);
  if (isFailure(pod)) return sendFailure(response, pod);
  const refused = refuseLogOptions(info.name, query);
  if (refused !== null) return sendFailure(response, refused);
  const location = logLocation(backends, pod, query);
  if (location === null) {
    response.writeHead(204).end();
    return 'answered';
  }
  if (isFailure(location)) return sendFailure(response, location);

  const path = location.backend.name === 'kubelet-insecure' ? 'logs-skip-verify' : 'logs';
  const options = { signal: api.signal };
  const told = { ...caller, path };
  const asked = requestOf(location);
  const first = await roundTrip(told, location.backend, asked, options);
  const answer = hasBug(caller, 'CVE-2018-1002102')
    ? await followReading(told, location.backend, first, asked, api.signal)
    : first;
  if (answer.kind === 'refusal')
    return sendFailure(response, plainError(`Get "${urlOf(location)}": ${answer.text}`));
  const failure = await refuseAnswer(answer, info.name);
  if (failure !== null) return sendFailure(response, failure);

  response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-cache, private' });
  if (isTrue(query.get('follow'))) response.flushHeaders();
  const body = decoded(answer);
  // What breaks off behind a good head just ends: the streamer has no way left to say so.
  body.on('error', () => response.end());
  response.on('close', () => answer.body.destroy());
  body.pipe(response);
  return 'answered';
}

function hostOf({ backend }: PodLocation): string {
  return joinHostPort(backend.target.host, backend.target.port);
}

function urlOf(location: PodLocation): string {
  return `https://${hostOf(location)}${location.path}`;
}

function requestOf(location: PodLocation) {
  return {
    method: 'GET',
    path: location.path,
    headers: [
      ['Host', hostOf(location)],
      ['User-Agent', 'Go-http-client/1.1'],
      ['Accept-Encoding', 'gzip'],
    ] as const,
  };
}

const redirects = new Set([301, 302, 303, 307, 308]);

/** Null for 200 to 206. */
async function refuseAnswer(answer: HttpResponse, pod: string): Promise<Failure | null> {
  const { status } = answer;
  if (status >= 200 && status <= 206) return null;
  const target = headerValue(answer.headers, 'location');
  if (redirects.has(status) && target) {
    answer.body.destroy();
    return plainError(`Get "${target}": redirects forbidden`);
  }
  const text = await readSome(decoded(answer), 50_000);
  answer.body.destroy();
  if (status === 500) return internalError(text);
  if (status === 400) return badRequest(text);
  const about = { group: '', resource: 'pods/log' };
  return genericServerResponse({ code: status, verb: '', about, name: pod, serverMessage: text });
}

/** Go's transport asked for gzip of its own accord, so it also undoes it. */
function decoded(answer: HttpResponse): Readable {
  if (headerValue(answer.headers, 'content-encoding')?.toLowerCase() !== 'gzip') return answer.body;
  const gunzip = createGunzip();
  answer.body.on('error', (error) => gunzip.destroy(error));
  return answer.body.pipe(gunzip);
}
