import { describeCertificate } from '../pki/describe-certificate';
import { ByteQueue } from '../wire/byte-queue';
import { ClientHelloReader } from '../wire/client-hello';
import { alertName } from '../wire/tls-alerts';
import {
  CERTIFICATE,
  HandshakeMessages,
  parseCertificateMessage,
  parseServerHello,
  SERVER_HELLO,
} from '../wire/tls-handshake';
import {
  ALERT,
  APPLICATION_DATA,
  CHANGE_CIPHER_SPEC,
  HANDSHAKE,
  RECORD_HEADER_LENGTH,
  readRecord,
  TLS_1_2,
  TLS_1_3,
  type TlsRecord,
} from '../wire/tls-records';
import type { Direction, LootHandshake, ShownCertificate } from './loot';

/** Beyond this a direction is no longer cut into records: all that is in clear comes first. */
const MAX_OBSERVED_BYTES = 128 * 1024;

/**
 * What a TLS connection tells a bystander: who is called, which version was agreed on, alerts and (TLS 1.2) the client's
 * certificate, as long as they are sent in clear. Whether the handshake came to an end is concluded from the records
 * behind it: in TLS 1.2 any protected data; in TLS 1.3, where the client's Finished or its alert is protected data too, a second record.
 */
export class TlsObserver {
  readonly handshake: { -readonly [Key in keyof LootHandshake]: LootHandshake[Key] };
  readonly #sides: Record<Direction, Side> = { up: new Side(), down: new Side() };
  readonly #hello = new ClientHelloReader();
  #protectedUp = 0;

  constructor(connection: string) {
    this.handshake = {
      connection,
      completed: false,
      version: null,
      alert: null,
      serverName: null,
      clientCertificateAsked: false,
      clientCertificate: null,
    };
  }

  see(direction: Direction, bytes: Buffer): void {
    const side = this.#sides[direction];
    if (direction === 'up' && side.observing) {
      const hello = this.#hello.push(bytes);
      if (hello.kind === 'client-hello') this.handshake.serverName = hello.serverName;
    }
    for (const record of side.records(bytes)) this.#read(direction, side, record);
  }

  #read(direction: Direction, side: Side, record: TlsRecord): void {
    switch (record.type) {
      case CHANGE_CIPHER_SPEC:
        side.inClear = false;
        break;
      case ALERT:
        if (side.inClear && record.fragment.length === 2)
          this.handshake.alert ??= nameOfAlert(record.fragment);
        break;
      case HANDSHAKE:
        if (side.inClear) this.#readMessages(direction, side, record.fragment);
        break;
      case APPLICATION_DATA:
        if (direction === 'up') this.#countProtected();
        break;
      default:
        side.giveUp();
    }
  }

  #countProtected(): void {
    this.#protectedUp += 1;
    const needed = this.handshake.version === 'TLSv1.3' ? 2 : 1;
    if (this.#protectedUp >= needed) this.handshake.completed = true;
  }

  #readMessages(direction: Direction, side: Side, fragment: Buffer): void {
    side.messages.add(fragment);
    for (let message = side.messages.next(); message !== null; message = side.messages.next()) {
      if (message.kind === 'oversized') {
        side.giveUp();
        return;
      }
      if (direction === 'down' && message.type === SERVER_HELLO) this.#readServerHello(message.body);
      if (direction === 'up' && message.type === CERTIFICATE) this.#readClientCertificate(message.body);
    }
  }

  #readServerHello(body: Buffer): void {
    const version = parseServerHello(body)?.version;
    if (version === TLS_1_3) this.handshake.version = 'TLSv1.3';
    if (version === TLS_1_2) this.handshake.version = 'TLSv1.2';
  }

  #readClientCertificate(body: Buffer): void {
    this.handshake.clientCertificateAsked = true;
    this.handshake.clientCertificate = describeShown(parseCertificateMessage(body, 'TLSv1.2')?.[0]);
  }
}

/** One direction: its bytes cut into records, whole ones only. */
class Side {
  readonly messages = new HandshakeMessages();
  inClear = true;
  #seen = 0;
  #pending: ByteQueue | null = new ByteQueue();

  get observing(): boolean {
    return this.#pending !== null;
  }

  *records(bytes: Buffer): Generator<TlsRecord> {
    const pending = this.#pending;
    if (pending === null) return;
    this.#seen += bytes.length;
    pending.add(bytes);
    for (let record = readRecord(pending.view()); record !== null; record = readRecord(pending.view())) {
      pending.drop(record.bytes.length);
      yield record;
      if (this.#pending === null) return;
    }
    if (this.#seen > MAX_OBSERVED_BYTES && pending.length >= RECORD_HEADER_LENGTH) this.giveUp();
  }

  giveUp(): void {
    this.#pending = null;
  }
}

function nameOfAlert(fragment: Buffer): string | null {
  const alert = fragment[1];
  return alert === undefined || alert === 0 ? null : alertName(alert);
}

/** Anybody can send any bytes as a certificate. */
export function describeShown(der: Buffer | undefined): ShownCertificate | null {
  if (der === undefined) return null;
  try {
    const { subject, organizations } = describeCertificate(der);
    return { subject, organizations };
  } catch {
    return { subject: 'a certificate that cannot be read', organizations: [] };
  }
}
