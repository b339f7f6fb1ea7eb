import { badRequest, type Failure, isFailure, methodNotAllowed } from '../api/failures';
import type { Pod } from '../api/objects';
import { STREAM_PROTOCOL_V5 } from '../wire/remote-command';
import { type Answered, type ApiRequest, sendFailure } from './api-request';
import type { Caller } from './backend';
import { type Backends, execLocation, findPod, type PodLocation, portForwardLocation } from './pod-location';
import { isTrue } from './request-info';
import { serveTranslated } from './stream-translator';
import { serveTunnel, tunnelProtocols } from './tunnel';
import { serveUpgrade } from './upgrade-aware';
import { isWebSocketRequest, offeredSubprotocols } from './websocket';

/**
 * exec, attach and port-forward: which of the three ways an upgrade goes. WebSocket v5 is translated, a tunnelled SPDY
 * session is unpacked, and everything else is carried byte for byte.
 * Source: pkg/registry/core/pod/rest/subresources.go.
 */
export type StreamingSubresource = 'exec' | 'attach' | 'portforward';

export async function serveStreaming(
  api: ApiRequest,
  backends: Backends,
  caller: Omit<Caller, 'path'>,
  subresource: StreamingSubresource,
): Promise<Answered> {
  const { request, response, info, query } = api;
  if (request.method !== 'GET' && request.method !== 'POST') return sendFailure(response, methodNotAllowed());
  if (query.has('dryRun')) return sendFailure(response, badRequest('dryRun is not supported'));
  const pod = findPod(backends, info.namespace, info.name);
  const location = isFailure(pod) ? pod : locate(backends, pod, subresource, query);
  if (isFailure(location)) return sendFailure(response, location);
  if (api.upgrade === null) return sendFailure(response, badRequest('Upgrade request required'));

  const path = subresource === 'portforward' ? 'port-forward' : subresource;
  const way = wayOf(api, subresource);
  switch (way) {
    case 'translate': {
      const asked = (name: string) => isTrue(query.get(name));
      const streams = {
        stdin: asked('stdin'),
        stdout: asked('stdout'),
        stderr: asked('stderr'),
        tty: asked('tty'),
      };
      return serveTranslated(api, api.upgrade, { ...caller, path }, location, streams);
    }
    case 'tunnel':
      return serveTunnel(api, api.upgrade, { ...caller, path }, location);
    case 'carry':
      return serveUpgrade(api, api.upgrade, { ...caller, path }, location.backend, location.path);
  }
  return way satisfies never;
}

function wayOf(api: ApiRequest, subresource: StreamingSubresource): 'translate' | 'tunnel' | 'carry' {
  if (!isWebSocketRequest(api.request)) return 'carry';
  const offered = offeredSubprotocols(api.request);
  if (subresource === 'portforward') return tunnelProtocols(offered).length > 0 ? 'tunnel' : 'carry';
  return offered.includes(STREAM_PROTOCOL_V5) ? 'translate' : 'carry';
}

function locate(
  backends: Backends,
  pod: Pod,
  subresource: StreamingSubresource,
  query: URLSearchParams,
): PodLocation | Failure {
  return subresource === 'portforward'
    ? portForwardLocation(backends, pod, query)
    : execLocation(backends, pod, subresource, query);
}
