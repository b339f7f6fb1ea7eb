import type { IncomingMessage, ServerResponse } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import type { Logger } from 'pino';
import { chooseLog } from './choose-log';
import { configz } from './configz';
import { writeLogs } from './container-logs';
import type { SimulatedContainer } from './containers/simulated-container';
import { healthText } from './health-text';
import { parseLogOptions } from './log-options';
import { kubeletMetrics, processStart, type RequestCounter } from './metrics';
import { podList, runningPodList, statsSummary } from './pod-lists';
import type { PodWorkers } from './pod-workers';
import { servePortForward } from './port-forward';
import { serveAttach, serveExec } from './remote-command';
import { cadvisorMetrics, resourceMetrics } from './resource-metrics';
import { type ContainerPath, HEALTH_CHECKS, type Route } from './routes';
import type { RunningPod } from './running-pod';
import type { KubeletSettings } from './settings';
import { parseForwardedPorts, parseStreamOptions } from './stream-options';
import { type Answer, httpError, NO_SNIFF, type Upgrade } from './upgrade';
import { setVerbosity } from './verbosity';

/** What the handlers know of the node. */
export interface NodeView {
  readonly nodeName: string;
  readonly hostIp: string;
  readonly settings: KubeletSettings;
  readonly pods: PodWorkers;
  readonly startedAt: Date;
  readonly requests: RequestCounter;
  readonly now: () => Date;
  /** Its verbosity can be set over HTTP. */
  readonly log: Logger;
}

/** One request after routing, authentication and authorization. */
export interface Exchange {
  readonly node: NodeView;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly answer: Answer;
  readonly upgrade: Upgrade | null;
  readonly connectionId: string;
}

export async function handle(route: Route, exchange: Exchange): Promise<void> {
  const { node, answer, query } = exchange;
  switch (route.kind) {
    case 'refused':
      if (route.by === 'http.Error') return httpError(answer, route.code, route.text);
      return answer(route.code, route.text, route.allow === undefined ? {} : { Allow: route.allow });
    case 'healthz':
      return route.check === null
        ? answer(200, healthText(HEALTH_CHECKS, query), NO_SNIFF)
        : answer(200, 'ok');
    case 'pods':
      return json(exchange, podList(node.pods.running, node.hostIp, node.now()));
    case 'running-pods':
      return json(exchange, runningPodList(node.pods.running));
    case 'stats-summary':
      return json(exchange, statsSummary(node, node.pods, node.now()));
    case 'metrics':
      return answer(200, metricsText(route.set, node), {
        'Content-Type': 'text/plain; version=0.0.4; charset=utf-8',
      });
    case 'metrics-reset':
      return answer(200, 'metrics reset\n', NO_SNIFF);
    case 'configz':
      return answer(200, JSON.stringify(configz(node.settings)), {
        'Content-Type': 'application/json',
        ...NO_SNIFF,
      });
    case 'pprof':
      // What Go says of a profile that a process does not have; this one has none (net/http/pprof, Index).
      return httpError(answer, 404, 'Unknown profile', { 'X-Go-Pprof': '1' });
    case 'verbosity':
      return verbosity(exchange);
    case 'checkpoint':
      return checkpoint(route, exchange);
    case 'node-logs':
      // A machine of the lab has no log files, and those of the real one are nobody's business.
      return route.path === ''
        ? answer(200, '<!doctype html>\n<pre>\n</pre>\n', { 'Content-Type': 'text/html; charset=utf-8' })
        : httpError(answer, 404, '404 page not found');
    case 'container-logs':
      return containerLogs(route, exchange);
    case 'run':
      return run(route, exchange);
    case 'exec':
    case 'attach':
      return remoteCommand(route, exchange);
    case 'port-forward':
      return portForward(route, exchange);
  }
}

/** Source: k8s.io/apiserver pkg/server/routes/flags.go (StringFlagPutHandler). */
async function verbosity({ request, answer, node }: Exchange): Promise<void> {
  const outcome =
    request.method === 'PUT'
      ? setVerbosity(await textOf(request), node.log)
      : { code: 406, text: 'unsupported http method' };
  answer(outcome.code, `${outcome.text}\n`, { 'Content-Type': 'text/plain', ...NO_SNIFF });
}

/** Source: pkg/kubelet/server/server.go (checkpoint); the runtime here is one that has no checkpoints. */
async function checkpoint(route: ContainerPath, { node, answer, query }: Exchange): Promise<void> {
  const { namespace, pod: name, container } = route;
  const pod = node.pods.find(namespace, name);
  if (pod === null) return answer(404, 'pod does not exist');
  if (!pod.lives.has(container)) return answer(404, `container ${container} does not exist`);
  const timeout = query.getAll('timeout').at(-1);
  if (timeout !== undefined && !/^[+-]?\d+$/.test(timeout)) {
    return answer(404, 'cannot parse value of timeout parameter');
  }
  const why =
    runningContainer(pod, route) === null
      ? `container ${container} not found`
      : 'rpc error: code = Unimplemented desc = method CheckpointContainer not implemented';
  return answer(500, `checkpointing of ${namespace}/${name}/${container} failed (${why})`);
}

function json({ answer }: Exchange, body: object): void {
  answer(200, JSON.stringify(body), { 'Content-Type': 'application/json' });
}

function metricsText(set: Extract<Route, { kind: 'metrics' }>['set'], node: NodeView): string {
  switch (set) {
    case 'kubelet':
      return kubeletMetrics({ ...node, running: node.pods.running });
    case 'resource':
      return resourceMetrics(node.pods.running, node.pods.spentCpuSeconds, node.now());
    case 'cadvisor':
      return cadvisorMetrics(node.pods.running, node.now());
    case 'probes':
    case 'slis':
      return processStart(node.startedAt);
  }
}

async function containerLogs(route: ContainerPath, exchange: Exchange): Promise<void> {
  const { node, answer, query, response } = exchange;
  const parsed = parseLogOptions(query, node.now());
  if (parsed.kind === 'refused') return answer(parsed.code, parsed.text);
  const pod = node.pods.find(route.namespace, route.pod);
  if (pod === null) return answer(404, `pod ${JSON.stringify(route.pod)} does not exist`);
  const life = pod.lives.get(route.container);
  if (life === undefined) {
    const [name, of] = [route.container, route.pod].map((it) => JSON.stringify(it));
    return answer(404, `container ${name} not found in pod ${of}`);
  }
  const { options } = parsed;
  const choice = chooseLog({ ...life, pod: route.pod }, options.previous);
  if (choice.kind === 'refused') return answer(400, choice.text);
  const log = choice.kind === 'run-before' ? life.container?.previousLog : life.container?.log;
  // A container that is chosen has run, and so has a log.
  if (log === null || log === undefined) {
    return answer(500, `unable to retrieve container logs for midplane://${life.container?.id}`);
  }
  response.writeHead(200, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Transfer-Encoding': 'chunked',
    Date: node.now().toUTCString(),
  });
  // A follower learns at once that it follows, even when there is nothing to show yet.
  response.flushHeaders();
  const left = new AbortController();
  response.once('close', () => left.abort());
  await writeLogs(log, options, response, left.signal);
  response.end();
}

async function run(route: ContainerPath, exchange: Exchange): Promise<void> {
  const { answer, query, response, node } = exchange;
  const pod = node.pods.find(route.namespace, route.pod);
  if (pod === null) return answer(404, 'pod does not exist');
  const container = runningContainer(pod, route);
  if (container === null) return answer(500, containerNotFound(route.container));
  const left = new AbortController();
  response.once('close', () => left.abort());
  const argv = (query.get('cmd') ?? '').split(' ');
  const { outcome, stdout, stderr } = await container.run(argv, left.signal);
  if (outcome.kind === 'failed') return answer(500, `rpc error: code = Unknown desc = ${outcome.text}`);
  if (outcome.code !== 0) {
    return answer(500, `command '${argv.join(' ')}' exited with ${outcome.code}: ${stderr.toString()}`);
  }
  return answer(200, Buffer.concat([stdout, stderr]), { 'Content-Type': 'application/json' });
}

async function remoteCommand(
  route: ContainerPath & { readonly kind: 'exec' | 'attach' },
  { node, query, answer, upgrade, request, response }: Exchange,
): Promise<void> {
  const parsed = parseStreamOptions(query);
  if (parsed.kind === 'refused') return answer(400, parsed.text);
  const pod = node.pods.find(route.namespace, route.pod);
  if (pod === null) return answer(404, 'pod does not exist');
  const container = runningContainer(pod, route);
  if (container === null) {
    // pkg/kubelet/kubelet_pods.go: GetExec and GetAttach word it differently.
    const text = `container ${route.container} not found in pod ${route.pod}_${route.namespace}`;
    return answer(500, route.kind === 'exec' ? containerNotFound(route.container) : text);
  }
  if (upgrade === null) return httpError(answer, 500, 'Upgrade request required');
  const from = { request, response, upgrade, asked: parsed.streams, answer };
  if (route.kind === 'exec') await serveExec(container, parsed.command, from);
  else await serveAttach(container, from);
}

async function portForward(
  route: Extract<Route, { kind: 'port-forward' }>,
  { node, query, answer, upgrade, request, response, connectionId }: Exchange,
): Promise<void> {
  const parsed =
    upgrade?.kind === 'websocket' ? parseForwardedPorts(query) : { kind: 'ports' as const, ports: [] };
  if (parsed.kind === 'refused') return answer(400, parsed.text);
  const pod = node.pods.find(route.namespace, route.pod);
  if (pod === null) return answer(404, 'pod does not exist');
  if (route.uid !== '' && route.uid !== pod.uid) return answer(404, 'pod not found');
  if (upgrade === null) return httpError(answer, 500, 'Upgrade request required');
  await servePortForward({ pod, request, response, upgrade, answer, ports: parsed.ports, connectionId });
}

/** Kubelet.findContainer: only what runs, and only under the uid that was named. */
function runningContainer(
  pod: RunningPod,
  { uid, container: name }: ContainerPath,
): SimulatedContainer | null {
  if (uid !== '' && uid !== pod.uid) return null;
  const container = pod.containers.get(name);
  return container?.state.kind === 'running' ? container : null;
}

function containerNotFound(name: string): string {
  return `container not found (${JSON.stringify(name)})`;
}
