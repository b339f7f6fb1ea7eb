import { formatGoDuration } from '../wire/go-duration';
import type { KubeletSettings } from './settings';

/** What /configz shows: the settings as the KubeletConfiguration that would give them. Pure. */
export function configz(settings: KubeletSettings): object {
  const { authentication, authorization } = settings;
  return {
    kubeletconfig: {
      enableServer: settings.enableServer,
      address: settings.address,
      port: settings.port,
      ...(settings.readOnlyPort === 0 ? {} : { readOnlyPort: settings.readOnlyPort }),
      ...(settings.tlsCertFile === '' ? {} : { tlsCertFile: settings.tlsCertFile }),
      ...(settings.tlsPrivateKeyFile === '' ? {} : { tlsPrivateKeyFile: settings.tlsPrivateKeyFile }),
      tlsMinVersion: settings.tlsMinVersion === 'TLSv1.3' ? 'VersionTLS13' : 'VersionTLS12',
      ...(settings.rotateCertificates ? { rotateCertificates: true } : {}),
      ...(settings.serverTLSBootstrap ? { serverTLSBootstrap: true } : {}),
      authentication: {
        x509: authentication.x509.clientCAFile === '' ? {} : authentication.x509,
        webhook: {
          enabled: authentication.webhook.enabled,
          cacheTTL: formatGoDuration(authentication.webhook.cacheTtlMs),
        },
        anonymous: authentication.anonymous,
      },
      authorization: {
        mode: authorization.mode,
        webhook: {
          cacheAuthorizedTTL: formatGoDuration(authorization.webhook.cacheAuthorizedTtlMs),
          cacheUnauthorizedTTL: formatGoDuration(authorization.webhook.cacheUnauthorizedTtlMs),
        },
      },
      enableDebuggingHandlers: settings.enableDebuggingHandlers,
      healthzPort: settings.healthzPort,
      healthzBindAddress: settings.healthzBindAddress,
      enableSystemLogHandler: settings.enableSystemLogHandler,
      enableProfilingHandler: settings.enableProfilingHandler,
      enableDebugFlagsHandler: settings.enableDebugFlagsHandler,
      ...settings.other,
    },
  };
}
