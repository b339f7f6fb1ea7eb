import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import type { KubeObject } from '../api/objects';
import type { SecureConnection } from '../network/secure';
import { judgeClient } from '../network/verify';
import { rawHeaders } from './api-request';
import { type Authentication, type AuthenticatorOptions, authenticate } from './authenticate';
import { bootstrapTokenAuthenticator } from './authentication/bootstrap-token';
import { legacyTokenAuthenticator } from './authentication/legacy-token';
import {
  type ServiceAccountTokenOptions,
  serviceAccountTokenAuthenticator,
} from './authentication/service-account-token';
import { tokenFileAuthenticator } from './authentication/token-file';
import { noOpinionOfToken, type TokenAuthenticator } from './authentication/token-verdict';
import type { ApiserverFlags } from './flags';
import { kindOf } from './registry';
import type { ApiserverFiles } from './settings';
import type { Storage } from './storage';

/** The authenticators that the flags ask for. Source: pkg/kubeapiserver/authenticator/config.go (Config.New). */
export function authenticatorOptions(
  flags: ApiserverFlags,
  files: ApiserverFiles,
  storage: Storage,
  now: () => Date,
): AuthenticatorOptions {
  const bundle = files.clientCa?.bundle;
  const proxies = files.requestheaderClientCa;
  // AlwaysAllow alone would let everybody do everything: upstream then turns anonymous requests off.
  const everybodyMay = flags.authorizationMode.every((mode) => mode === 'AlwaysAllow');
  return {
    anonymous: flags.anonymousAuth && !everybodyMay,
    judgeClient: bundle === undefined ? null : (chain) => judgeClient({ chain, bundle, now: now() }),
    frontProxy:
      proxies === null
        ? null
        : {
            judge: (chain) => judgeClient({ chain, bundle: proxies, now: now() }),
            allowedNames: flags.requestheaderAllowedNames,
            headers: {
              username: flags.requestheaderUsernameHeaders,
              group: flags.requestheaderGroupHeaders,
              uid: flags.requestheaderUidHeaders,
              extraPrefix: flags.requestheaderExtraHeadersPrefix,
            },
          },
    audiences: flags.apiAudiences,
    authenticateToken: tokenAuthenticator(flags, files, storage, now),
  };
}

function tokenAuthenticator(
  { apiAudiences, serviceAccountIssuer, enableBootstrapTokenAuth }: ApiserverFlags,
  { tokenUsers, serviceAccountKeys }: ApiserverFiles,
  storage: Storage,
  now: () => Date,
): TokenAuthenticator {
  const known: Omit<ServiceAccountTokenOptions, 'issuers'> = {
    keys: serviceAccountKeys.verifying,
    apiAudiences,
    now,
    find: (resource, namespace, name) => storage.get(kindOf(resource), namespace, name),
  };
  const label = (secret: KubeObject, key: string, value: string): void => {
    const labels = { ...secret.metadata.labels, [key]: value };
    const labelled = { ...secret, metadata: { ...secret.metadata, labels } };
    // Whoever wrote it meanwhile wins: the next use notes it.
    storage.update(kindOf('secrets'), labelled, secret.metadata.resourceVersion);
  };
  const inOrder: TokenAuthenticator[] = [
    tokenFileAuthenticator(tokenUsers, apiAudiences),
    legacyTokenAuthenticator({ ...known, label }),
    serviceAccountTokenAuthenticator({ ...known, issuers: serviceAccountIssuer }),
  ];
  if (enableBootstrapTokenAuth) {
    const findSecret = (namespace: string, name: string) => storage.get(kindOf('secrets'), namespace, name);
    inOrder.push(bootstrapTokenAuthenticator({ apiAudiences, now, findSecret }));
  }
  return (token, audiences) => {
    let error = noOpinionOfToken;
    for (const authenticator of inOrder) {
      const verdict = authenticator(token, audiences);
      if (verdict.kind === 'user') return verdict;
      if (verdict.kind === 'error') error = verdict;
    }
    return error;
  };
}

export function login(
  request: IncomingMessage,
  client: SecureConnection,
  options: AuthenticatorOptions,
  log: Logger,
): Authentication {
  const outcome = authenticate(
    {
      certificates: client.peerCertificates,
      authorization: request.headers.authorization ?? '',
      webSocketProtocols:
        request.headers.upgrade?.toLowerCase() === 'websocket'
          ? (request.headers['sec-websocket-protocol'] ?? null)
          : null,
      headers: options.frontProxy === null ? [] : rawHeaders(request),
    },
    options,
  );
  if (outcome.kind === 'unauthenticated')
    log.info({ reasons: outcome.reasons }, 'Unable to authenticate the request');
  return outcome;
}
