import 'reflect-metadata';

import { createPrivateKey, type KeyObject, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { KeyPair } from '../wire/pem';

/** CSRs as kubelets and people make them, of any kind of key. */
export interface RequestOptions {
  readonly commonName?: string;
  readonly organizations?: readonly string[];
  /** More of the subject: dotted types or short names, and values. */
  readonly others?: readonly (readonly [type: string, value: string])[];
  readonly names?: x509.JsonGeneralNames;
  readonly key?: 'P-256' | 'P-384' | 'P-521' | 'RSA' | 'Ed25519';
}

export interface MadeRequest {
  readonly pem: string;
  /** As spec.request of a CertificateSigningRequest has it. */
  readonly base64: string;
  readonly privateKey: KeyObject;
}

const crypto = webcrypto as unknown as NonNullable<
  Parameters<typeof x509.Pkcs10CertificateRequestGenerator.create>[1]
>;

const algorithms = {
  'P-256': { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  'P-384': { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
  'P-521': { name: 'ECDSA', namedCurve: 'P-521', hash: 'SHA-512' },
  RSA: {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: 'SHA-256',
  },
  Ed25519: { name: 'Ed25519' },
} as const;

export async function makeRequest(options: RequestOptions = {}): Promise<MadeRequest> {
  const { commonName = 'jane', organizations = [], others = [], names = [], key = 'P-256' } = options;
  const signingAlgorithm = algorithms[key];
  const keys = await crypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create(
    {
      name: [
        ...organizations.map((value) => ({ O: [value] })),
        ...others.map(([type, value]) => ({ [type]: [value] })),
        { CN: [commonName] },
      ],
      keys,
      signingAlgorithm,
      extensions: [
        ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
        // Asked for, and never granted.
        new x509.BasicConstraintsExtension(true, undefined, true),
      ],
    },
    crypto,
  );
  const pem = `${request.toString('pem')}\n`;
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey));
  return {
    pem,
    base64: Buffer.from(pem).toString('base64'),
    privateKey: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }),
  };
}

/** An authority that calls its key so. */
export async function authorityNaming(keyIdentifier: string): Promise<KeyPair> {
  const signingAlgorithm = algorithms['P-256'];
  const keys = await crypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: 'CN=LAB other',
      keys,
      signingAlgorithm,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.SubjectKeyIdentifierExtension(keyIdentifier),
      ],
    },
    crypto,
  );
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return {
    certPem: certificate.toString('pem'),
    keyPem: key.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}
