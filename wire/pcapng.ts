/**
 * Capture files as Wireshark reads them: draft-ietf-opsawg-pcapng, little endian, Ethernet, times in nanoseconds.
 *
 * A Decryption Secrets Block opens what comes after it and nothing before: TLS 1.3 needs it before the ServerHello.
 */
export interface PcapngInterface {
  readonly name: string;
  readonly description: string;
}

export type PcapngItem =
  | {
      readonly kind: 'packet';
      /** Index into the interfaces. */
      readonly interface: number;
      readonly timeNs: bigint;
      readonly frame: Buffer;
      readonly comment?: string;
    }
  /** Lines of an NSS key log, each ended by a line feed. */
  | { readonly kind: 'tls-secrets'; readonly keyLog: string };

export interface PcapngFile {
  readonly application: string;
  readonly comment: string;
  readonly interfaces: readonly PcapngInterface[];
  readonly names: readonly { readonly address: string; readonly name: string }[];
  readonly items: readonly PcapngItem[];
}

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const NAME_RESOLUTION = 4;
const ENHANCED_PACKET = 6;
const DECRYPTION_SECRETS = 10;

const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const LINKTYPE_ETHERNET = 1;
const SNAP_LENGTH = 262_144;
/** "TLSK" */
const TLS_KEY_LOG = 0x544c534b;

const option = { end: 0, comment: 1, interfaceName: 2, interfaceDescription: 3, application: 4, timeUnit: 9 };
/** 10^-9 s. */
const NANOSECONDS = 9;
const IPV4_NAME = 1;

export function pcapng(file: PcapngFile): Buffer {
  return Buffer.concat([
    sectionHeader(file),
    ...file.interfaces.map(interfaceDescription),
    ...(file.names.length === 0 ? [] : [nameResolution(file.names)]),
    ...file.items.map((item) => (item.kind === 'packet' ? packet(item) : secrets(item.keyLog))),
  ]);
}

function sectionHeader({ application, comment }: PcapngFile): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt32LE(BYTE_ORDER_MAGIC, 0);
  head.writeUInt16LE(1, 4);
  // The section's length is not said.
  head.writeBigInt64LE(-1n, 8);
  return block(
    SECTION_HEADER,
    head,
    options([
      [option.comment, comment],
      [option.application, application],
    ]),
  );
}

function interfaceDescription({ name, description }: PcapngInterface): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(LINKTYPE_ETHERNET, 0);
  head.writeUInt32LE(SNAP_LENGTH, 4);
  const said = options([
    [option.interfaceName, name],
    [option.interfaceDescription, description],
    [option.timeUnit, Buffer.of(NANOSECONDS)],
  ]);
  return block(INTERFACE_DESCRIPTION, head, said);
}

function nameResolution(names: PcapngFile['names']): Buffer {
  const records = names.map(({ address, name }) => {
    const value = Buffer.concat([Buffer.from(address.split('.').map(Number)), Buffer.from(`${name}\0`)]);
    return tagged(IPV4_NAME, value);
  });
  return block(NAME_RESOLUTION, ...records, Buffer.alloc(4));
}

function packet({ interface: index, timeNs, frame, comment }: PcapngItem & { kind: 'packet' }): Buffer {
  const head = Buffer.alloc(20);
  head.writeUInt32LE(index, 0);
  head.writeUInt32LE(Number(timeNs >> 32n), 4);
  head.writeUInt32LE(Number(timeNs & 0xffffffffn), 8);
  head.writeUInt32LE(frame.length, 12);
  head.writeUInt32LE(frame.length, 16);
  const said = comment === undefined ? Buffer.alloc(0) : options([[option.comment, comment]]);
  return block(ENHANCED_PACKET, head, padded(frame), said);
}

function secrets(keyLog: string): Buffer {
  const text = Buffer.from(keyLog, 'latin1');
  const head = Buffer.alloc(8);
  head.writeUInt32LE(TLS_KEY_LOG, 0);
  head.writeUInt32LE(text.length, 4);
  return block(DECRYPTION_SECRETS, head, padded(text));
}

/** Its length stands before and behind, so that a file can be read from either end. */
function block(type: number, ...body: readonly Buffer[]): Buffer {
  const length = body.reduce((sum, { length: part }) => sum + part, 12);
  const head = Buffer.alloc(8);
  head.writeUInt32LE(type, 0);
  head.writeUInt32LE(length, 4);
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(length, 0);
  return Buffer.concat([head, ...body, tail], length);
}

function options(said: readonly (readonly [code: number, value: string | Buffer])[]): Buffer {
  const texts = said.map(([code, value]) =>
    tagged(code, typeof value === 'string' ? inLength(value) : value),
  );
  return Buffer.concat([...texts, Buffer.alloc(4)]);
}

/** What the two octets of a length can say; a letter is not torn in half. */
function inLength(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length <= 0xffff) return bytes;
  return Buffer.from(bytes.toString('utf8', 0, 0xffff - 3).replace(/\ufffd+$/, ''));
}

function tagged(code: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(code, 0);
  head.writeUInt16LE(value.length, 2);
  return Buffer.concat([head, padded(value)]);
}

function padded(bytes: Buffer): Buffer {
  const missing = (4 - (bytes.length % 4)) % 4;
  return missing === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(missing)]);
}
