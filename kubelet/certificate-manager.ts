import type { KeyObject } from 'node:crypto';
import type { Logger } from 'pino';
import { aborted } from '../client/aborted';
import type { Clock } from '../client/clock';
import type { KubeClient } from '../client/kube-client';
import { createCertificateRequest, type RequestTemplate } from '../pki/certificate-request';
import { generateKey } from '../pki/key-algorithm';
import type { Randomness } from '../randomness';
import { type Certificate, parseCertificate } from '../wire/certificate';
import { ipText } from '../wire/ip-address';
import { type KeyPair, pemBlocks } from '../wire/pem';
import { type AskingFailed, askForCertificate, waitForCertificate } from './certificate-signing';
import type { CertificateStore } from './certificate-store';
import type { ClientCredential } from './client-credential';

/**
 * Keeps one certificate of the cluster: asks for the first, renews it when 70 to 90 % of its life are over, and asks again
 * when it no longer says what it should. Source: k8s.io/client-go util/certificate/certificate_manager.go.
 */
export interface CertificateManagerOptions {
  /** For the log. */
  readonly name: string;
  readonly signerName: string;
  /** `server auth` or `client auth`; EC keys are for signatures and nothing else besides. */
  readonly usage: 'client auth' | 'server auth';
  /** What the certificate should say; null: nothing can be asked for yet. */
  readonly template: () => RequestTemplate | null;
  readonly store: CertificateStore;
  /** Used while the store has nothing that is valid, and replaced at once. */
  readonly bootstrapPair?: KeyPair | null;
  /** A client to ask with, closed by whoever asked; it is told of the certificate that is valid now, if any. */
  readonly connect: (current: KeyPair | null) => KubeClient;
  readonly clock: Clock;
  readonly log: Logger;
  /** From 0 to 1. */
  readonly random?: () => number;
  /** Where each new key comes from. Default: the system's. */
  readonly keyRandom?: () => Randomness;
}

interface Held {
  readonly pair: KeyPair;
  readonly leaf: Certificate;
}

const WAIT_MS = 15 * 60_000;
const BETWEEN_ROUNDS_MS = 1_000;
const FIRST_BACK_OFF_MS = 2_000;
const BACK_OFF_STEPS = 5;
const POLL_MS = 32_000;

export class CertificateManager implements ClientCredential {
  readonly #options: CertificateManagerOptions;
  readonly #log: Logger;
  readonly #random: () => number;
  readonly #stop = new AbortController();
  readonly #listeners = new Set<() => void>();
  #held: Held | null;
  #mustRotate: boolean;
  #serverHealthy = false;
  #lastTemplate: RequestTemplate | null = null;
  #lastRequest: AbortController | null = null;
  #wake: () => void = () => undefined;
  #running: Promise<void> | null = null;

  private constructor(options: CertificateManagerOptions, held: Held | null, mustRotate: boolean) {
    this.#options = options;
    this.#log = options.log.child({ certificate: options.name });
    this.#random = options.random ?? Math.random;
    this.#held = held;
    this.#mustRotate = mustRotate;
  }

  /** With what the store has. Nothing is asked for before `start`. */
  static async open(options: CertificateManagerOptions): Promise<CertificateManager> {
    const { store, bootstrapPair = null, clock, log } = options;
    const kept = await store.current();
    const held = kept === null ? null : heldOf(kept);
    const now = clock.now();
    if (held !== null && now.getTime() < held.leaf.notAfter.epochMs)
      return new CertificateManager(options, held, false);
    if (bootstrapPair === null) return new CertificateManager(options, null, true);
    await store.update(bootstrapPair, now).catch((err: unknown) => {
      log.error({ err }, 'Unable to set the cert/key pair to the bootstrap certificate');
    });
    return new CertificateManager(options, heldOf(bootstrapPair), true);
  }

  current(): KeyPair | null {
    const { clock } = this.#options;
    if (this.#held === null || clock.now().getTime() > this.#held.leaf.notAfter.epochMs) return null;
    return this.#held.pair;
  }

  get serverHealthy(): boolean {
    return this.#serverHealthy;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** The template may say something else by now. */
  templateMayHaveChanged(): void {
    const template = this.#options.template();
    if (template === null || this.#isSatisfied(template) || sameTemplate(this.#lastTemplate, template))
      return;
    // Nobody wants any more what was asked for.
    this.#lastRequest?.abort();
    this.#wake();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#round();
      await clock.pause(BETWEEN_ROUNDS_MS, signal);
    }
  }

  async #round(): Promise<void> {
    const { template, clock } = this.#options;
    if (template() === null) await this.#pauseUntilWoken(null);
    const sleepMs = this.#deadline() - clock.now().getTime();
    if (sleepMs > 0) {
      const end = await this.#pauseUntilWoken(sleepMs);
      const wanted = template();
      if (this.#stop.signal.aborted) return;
      if (end === 'woken' && wanted !== null && sameTemplate(this.#lastTemplate, wanted)) return;
    }
    await this.#rotateUntilDone();
  }

  async #rotateUntilDone(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stop;
    let delayMs = FIRST_BACK_OFF_MS;
    for (let step = 1; !signal.aborted; step += 1) {
      if (await this.#rotate()) return;
      if (step < BACK_OFF_STEPS) {
        await clock.pause(delayMs * (1 + 0.1 * this.#random()), signal);
        delayMs *= 2;
        continue;
      }
      if (step === BACK_OFF_STEPS && !signal.aborted)
        this.#log.error('Reached backoff limit, still unable to rotate certs');
      await clock.pause(POLL_MS, signal);
    }
  }

  /** Whether there is a new certificate now. */
  async #rotate(): Promise<boolean> {
    const { clock, connect, signerName, usage, store } = this.#options;
    const template = this.#options.template();
    if (template === null) return false;
    this.#log.info('Rotating certificates');
    const { privateKey } = await generateKey('ec-p256', this.#options.keyRandom?.());
    await using client = connect(this.current());
    const request = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, request.signal]);
    const asked = await askForCertificate(
      client,
      {
        name: null,
        requestPem: createCertificateRequest(privateKey, template),
        signerName,
        usages: usagesFor(privateKey, usage),
        privateKey,
      },
      { log: this.#log, signal, now: clock.now() },
    );
    if (signal.aborted) return false;
    if (asked.kind === 'failed') {
      this.#log.error(
        { err: asked.text },
        'Failed while requesting a signed certificate from the control plane',
      );
      this.#serverHealthy = soundsHealthy(asked);
      return false;
    }
    this.#lastTemplate = template;
    this.#lastRequest = request;
    const issued = await waitForCertificate(client, asked, { withinMs: WAIT_MS, clock, signal });
    if (this.#lastRequest === request) this.#lastRequest = null;
    if (this.#stop.signal.aborted) return false;
    if (issued.kind === 'failed') {
      this.#log.error({ err: issued.text, csr: asked.name }, 'Certificate request was not signed');
      return false;
    }
    const pair = {
      certPem: issued.certPem,
      keyPem: privateKey.export({ type: 'sec1', format: 'pem' }) as string,
    };
    try {
      const held = heldOf(pair);
      await store.update(pair, clock.now());
      this.#held = held;
    } catch (err) {
      this.#log.error({ err }, 'Unable to store the new cert/key pair');
      return false;
    }
    this.#serverHealthy = true;
    for (const listener of [...this.#listeners]) listener();
    return true;
  }

  /** When to ask for the next one, in milliseconds since 1970. */
  #deadline(): number {
    const now = this.#options.clock.now().getTime();
    if (this.#mustRotate) {
      this.#mustRotate = false;
      return now;
    }
    return this.#isSatisfied(this.#options.template()) ? this.#deadlineOfHeld() : now;
  }

  #deadlineOfHeld(): number {
    if (this.#held === null) return 0;
    const { notBefore, notAfter } = this.#held.leaf;
    return rotationDeadline(notBefore.epochMs, notAfter.epochMs, this.#random());
  }

  #isSatisfied(template: RequestTemplate | null): boolean {
    return this.#held !== null && (template === null || satisfies(this.#held.leaf, template));
  }

  /** Null: as long as it takes. */
  async #pauseUntilWoken(ms: number | null): Promise<'woken' | 'elapsed'> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    const signal = AbortSignal.any([this.#stop.signal, woken.signal]);
    if (ms !== null) await this.#options.clock.pause(ms, signal);
    else await aborted(signal);
    this.#wake = () => undefined;
    return woken.signal.aborted ? 'woken' : 'elapsed';
  }
}

function heldOf(pair: KeyPair): Held {
  const block = pemBlocks(pair.certPem).find(({ label }) => label === 'CERTIFICATE');
  if (block === undefined) throw new Error('no certificate in what is to be one');
  const leaf = parseCertificate(block.der);
  if (leaf.kind === 'unreadable-certificate')
    throw new Error(`unable to parse certificate data: ${leaf.text}`);
  return { pair, leaf };
}

/** 70 to 90 % of its life, so that nodes of one age do not all ask at once. Source: jitteryDuration. */
export function rotationDeadline(notBefore: number, notAfter: number, random: number): number {
  const lifetime = notAfter - notBefore;
  return notBefore + lifetime * (1 + 0.2 * random) - lifetime * 0.3;
}

/** More names than asked for are no reason to ask again. Source: certSatisfiesTemplateLocked. */
export function satisfies(leaf: Certificate, template: RequestTemplate): boolean {
  const { subject, extensions } = leaf;
  const names = extensions.subjectAltName?.names ?? [];
  const dnsNames = names.flatMap((name) => (name.kind === 'dns' ? [name.value] : []));
  const addresses = names.flatMap((name) => (name.kind === 'ip' ? [ipText(name.octets)] : []));
  return (
    subject.commonName === template.commonName &&
    (template.dnsNames ?? []).every((name) => dnsNames.includes(name)) &&
    (template.ipAddresses ?? []).every((address) => addresses.includes(address)) &&
    (template.organizations ?? []).every((organization) => subject.organizations.includes(organization))
  );
}

function sameTemplate(a: RequestTemplate | null, b: RequestTemplate): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Source: Default{Kubelet}{Client,Serving}GetUsages. */
function usagesFor(key: KeyObject, usage: 'client auth' | 'server auth'): string[] {
  return key.asymmetricKeyType === 'rsa'
    ? ['digital signature', 'key encipherment', usage]
    : ['digital signature', usage];
}

/** An apiserver that refuses is alive. Source: updateServerError. */
function soundsHealthy({ status }: AskingFailed): boolean {
  return status === 401 || status === 403 || status === 404;
}
