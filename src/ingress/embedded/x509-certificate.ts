import type { KeyObject } from 'node:crypto';
import { createHash, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';

/**
 * Writes the few X.509 certificates (RFC 5280) that a local authority needs, in DER, with keys and signatures by
 * node:crypto. One profile: EC P-256 keys, ECDSA with SHA-256.
 */

const tag = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  time: 0x18,
} as const;
const sequenceTag = 0x30;
const setTag = 0x31;

function der(type: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  if (content.length < 0x80) return Buffer.concat([Buffer.from([type, content.length]), content]);
  const length: number[] = [];
  for (let rest = content.length; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest % 256);
  return Buffer.concat([Buffer.from([type, 0x80 | length.length, ...length]), content]);
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => der(sequenceTag, ...parts);
const explicit = (number: number, ...parts: readonly Uint8Array[]): Buffer => der(0xa0 | number, ...parts);
const yes = der(tag.boolean, Buffer.from([0xff]));

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const content = [first * 40 + second];
  for (const arc of rest) {
    const digits = [arc & 0x7f];
    for (let left = arc >> 7; left > 0; left >>= 7) digits.unshift(0x80 | (left & 0x7f));
    content.push(...digits);
  }
  return der(tag.oid, Buffer.from(content));
}

const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'));

const commonName = (name: string): Buffer =>
  sequence(der(setTag, sequence(oid('2.5.4.3'), der(tag.utf8, Buffer.from(name, 'utf8')))));

/** GeneralizedTime; RFC 5280 asks for UTCTime before 2050, which every year that matters here is. */
function time(milliseconds: number): Buffer {
  const text = new Date(milliseconds).toISOString().replace(/[-:T]|\.\d+/g, '');
  return text < '2050'
    ? der(0x17, Buffer.from(text.slice(2), 'ascii'))
    : der(tag.time, Buffer.from(text, 'ascii'));
}

function extension(id: string, critical: boolean, value: Uint8Array): Buffer {
  return sequence(oid(id), ...(critical ? [yes] : []), der(tag.octets, value));
}

function keyIdentifier(publicKey: KeyObject): Buffer {
  return createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
}

export interface CertificateRequest {
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly issuer: string;
  readonly issuerPublicKey: KeyObject;
  readonly issuerPrivateKey: KeyObject;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Null for an authority; else the host names or IPv4 addresses of a server. */
  readonly hosts: readonly string[] | null;
}

function extensions(request: CertificateRequest): Buffer {
  const { hosts } = request;
  const common = [
    extension('2.5.29.14', false, der(tag.octets, keyIdentifier(request.publicKey))),
    extension('2.5.29.35', false, sequence(der(0x80, keyIdentifier(request.issuerPublicKey)))),
  ];
  if (hosts === null) {
    // May sign certificates of servers, not further authorities.
    const authority = sequence(yes, der(tag.integer, Buffer.from([0])));
    const mayCertify = der(tag.bits, Buffer.from([1, 0b0000_0110]));
    return sequence(
      ...common,
      extension('2.5.29.19', true, authority),
      extension('2.5.29.15', true, mayCertify),
    );
  }
  const names = hosts.map((host) =>
    isIPv4(host)
      ? der(0x87, Buffer.from(host.split('.').map(Number)))
      : der(0x82, Buffer.from(host, 'ascii')),
  );
  return sequence(
    ...common,
    extension('2.5.29.19', true, sequence()),
    extension('2.5.29.15', true, der(tag.bits, Buffer.from([7, 0b1000_0000]))),
    extension('2.5.29.37', false, sequence(oid('1.3.6.1.5.5.7.3.1'))),
    extension('2.5.29.17', false, sequence(...names)),
  );
}

/** The certificate as PEM. */
export function signCertificate(request: CertificateRequest): string {
  const serial = randomBytes(16);
  // Positive and without leading zero bytes.
  serial[0] = ((serial[0] as number) & 0x3f) | 0x40;
  const body = sequence(
    explicit(0, der(tag.integer, Buffer.from([2]))),
    der(tag.integer, serial),
    ecdsaWithSha256,
    commonName(request.issuer),
    sequence(time(request.notBefore), time(request.notAfter)),
    commonName(request.subject),
    request.publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, extensions(request)),
  );
  const signature = sign('sha256', body, request.issuerPrivateKey);
  const certificate = sequence(body, ecdsaWithSha256, der(tag.bits, Buffer.from([0]), signature));
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
