import type { IncomingMessage, ServerResponse } from 'node:http';
import { aborted } from '../../client/aborted';
import { MidplaneError } from '../../error';
import { type Host, joinHostPort } from '../../network/network';
import type { KeyPair } from '../../wire/pem';
import type { FileSystem } from './file-system';
import { pause, whenStopped } from './image-programs';
import type { ImageContext } from './images';
import { complain } from './process';
import { answerAsMidplane, reply, startWeb, type WebServer, whenRead } from './web';

/** What the images with a web server run. */

export interface WebContext {
  readonly network: Host;
  readonly address: string;
  /** As the pod's spec lists them. */
  readonly ports: readonly number[];
  /** Null: no https listener. */
  readonly keyPair: KeyPair | null;
  readonly podName: string;
  readonly files: FileSystem;
  /** Takes down what one request brought. */
  readonly hear: () => (bytes: Buffer | string) => void;
  readonly log: (line: string) => void;
}

/** Serves until it is told to stop. A port that is taken is the program's failure, not the kubelet's. */
async function serve({ self, up }: ImageContext, start: () => Promise<WebServer>): Promise<number> {
  const { signal } = whenStopped(self);
  let server: WebServer;
  try {
    server = await start();
  } catch (error) {
    if (!(error instanceof MidplaneError)) throw error;
    await complain(self, error.message);
    return 1;
  }
  up();
  await aborted(signal);
  await server.close();
  return 0;
}

export function web(context: ImageContext): Promise<number> {
  const [httpPort = 8080, httpsPort = 8443] = context.web.ports;
  const options = { ...context.web, httpPort, httpsPort };
  return serve(context, () =>
    startWeb(options, (request, response) => answerAsMidplane(options, request, response)),
  );
}

const INDEX = '/usr/share/nginx/html/index.html';
const NGINX_VERSION = 'nginx/1.29.0';
const NGINX_PAGE = [
  '<!DOCTYPE html>',
  '<html>',
  '<head>',
  '<title>Welcome to nginx!</title>',
  '</head>',
  '<body>',
  '<h1>Welcome to nginx!</h1>',
  '<p>A simulated nginx of the midplane lab.</p>',
  '</body>',
  '</html>',
  '',
].join('\n');

/** http on port 80: files below /usr/share/nginx/html, and a log in nginx's combined format. */
export function nginx(context: ImageContext): Promise<number> {
  const { files } = context.web;
  files.makeDirectory('/usr/share/nginx/html', { parents: true });
  if (files.kindOf(INDEX) === null) files.write(INDEX, Buffer.from(NGINX_PAGE));
  const options = { ...context.web, httpPort: 80, httpsPort: 443, keyPair: null };
  return serve(context, () =>
    startWeb(options, (request, response, { address }) => answerAsNginx(context, address, request, response)),
  );
}

function answerAsNginx(
  { web: { files, hear, log } }: ImageContext,
  client: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { method = 'GET', url = '/' } = request;
  const take = hear();
  take(`${method} ${url} HTTP/${request.httpVersion}\n`);
  request.on('data', take);
  request.on('error', () => response.destroy());
  const path = decodePath(url.split('?', 1)[0] ?? '/');
  const at = `/usr/share/nginx/html${path}${path.endsWith('/') ? 'index.html' : ''}`;
  const content = path.split('/').includes('..') ? null : files.read(at);
  const allowed = method === 'GET' || method === 'HEAD';
  const found = allowed && Buffer.isBuffer(content);
  const code = found ? 200 : allowed ? 404 : 405;
  const body = found ? content : Buffer.from(errorPage(code));
  whenRead(request, () => {
    response.setHeader('Server', NGINX_VERSION);
    reply(response, code, /\.html$/.test(at) || !found ? 'text/html' : 'text/plain', body);
    log(combinedLine(client, request, code, method === 'HEAD' ? 0 : body.length));
  });
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function errorPage(code: number): string {
  const text = code === 404 ? '404 Not Found' : '405 Not Allowed';
  return `<html>\r\n<head><title>${text}</title></head>\r\n<body>\r\n<center><h1>${text}</h1></center>\r\n<hr><center>${NGINX_VERSION}</center>\r\n</body>\r\n</html>\r\n`;
}

/** ngx_http_log_module's `combined`. */
function combinedLine(client: string, request: IncomingMessage, code: number, size: number): string {
  const now = new Date().toUTCString();
  const when = `${now.slice(5, 7)}/${now.slice(8, 11)}/${now.slice(12, 16)}:${now.slice(17, 25)} +0000`;
  const { method, url, httpVersion, headers } = request;
  const from = headers['x-forwarded-for']?.toString() ?? '-';
  const agent = headers['user-agent'] ?? '-';
  return `${client} - - [${when}] "${method} ${url} HTTP/${httpVersion}" ${code} ${size} "${headers.referer ?? '-'}" "${agent}" "${from}"`;
}

/** `pause`, or `netexec --http-port N`: /hostname, /echo?msg=, /healthz, /clientip. Source: e2e-test-images agnhost. */
export async function agnhost(context: ImageContext): Promise<number> {
  const { self, args } = context;
  const [verb = 'pause'] = args;
  if (verb === 'pause') {
    await complain(self, 'Paused');
    return pause(context);
  }
  if (verb !== 'netexec') {
    await complain(self, `Error: unknown command "${verb}" for "app"`);
    return 1;
  }
  const at = args.indexOf('--http-port');
  const inline = args.find((it) => it.startsWith('--http-port='))?.slice('--http-port='.length);
  const httpPort = Number(inline ?? (at >= 0 ? args[at + 1] : '8080'));
  const options = { ...context.web, httpPort, httpsPort: 0, keyPair: null };
  return serve(context, () =>
    startWeb(options, (request, response, client) => {
      const url = new URL(request.url ?? '/', 'http://pod');
      context.web.hear()(`${request.method} ${request.url} HTTP/${request.httpVersion}\n`);
      const bodies: Readonly<Record<string, string>> = {
        '/': `NOW: ${new Date().toISOString()}`,
        '/hostname': self.container.hostname,
        '/hostName': self.container.hostname,
        '/healthz': '',
        '/clientip': joinHostPort(client.address, client.port),
        '/echo': url.searchParams.get('msg') ?? '',
      };
      const body = bodies[url.pathname];
      whenRead(request, () =>
        reply(
          response,
          body === undefined ? 404 : 200,
          'text/plain; charset=utf-8',
          Buffer.from(body ?? '404 page not found\n'),
        ),
      );
    }),
  );
}
