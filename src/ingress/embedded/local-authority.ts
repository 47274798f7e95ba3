import type { KeyObject } from 'node:crypto';
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  randomBytes,
  X509Certificate,
} from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Clock } from '../../core/units.ts';
import { writeFileDurably } from '../../system/durable-file.ts';
import { signCertificate } from './x509-certificate.ts';

const day = 86_400_000;
const authorityDays = 3650;
const serverDays = 90;
const renewDaysBefore = 30;

/** A certificate with its key, both PEM. */
export interface KeyedCertificate {
  readonly certificate: string;
  readonly key: string;
}

const newKey = promisify(generateKeyPair);

/**
 * A certificate authority for this machine alone, made when it is first needed and kept in one directory:
 * `local-ca.pem` to import into a browser, its key, and a certificate for each host.
 */
export class LocalAuthority {
  readonly #directory: string;
  readonly #clock: Clock;
  #authority: Promise<KeyedCertificate> | undefined;

  constructor(directory: string, clock: Clock) {
    this.#directory = directory;
    this.#clock = clock;
  }

  /** A certificate for `host` that is valid for at least 30 more days; made or renewed when there is none. */
  async certificateFor(host: string): Promise<KeyedCertificate> {
    const kept = await this.#read(host);
    const authority = await this.#ensureAuthority();
    if (kept !== undefined && this.#isFresh(kept.certificate) && isSignedBy(kept, authority)) return kept;
    const issuer = new X509Certificate(authority.certificate);
    const made = await this.#issue(host, (publicKey) => ({
      subject: host,
      publicKey,
      issuer: commonNameOf(issuer),
      issuerPublicKey: issuer.publicKey,
      issuerPrivateKey: createPrivateKey(authority.key),
      hosts: [host],
      days: serverDays,
    }));
    return made;
  }

  #ensureAuthority(): Promise<KeyedCertificate> {
    // One promise for all: two hosts asked for at once must not make two authorities.
    this.#authority ??= this.#loadAuthority().catch((error: unknown) => {
      this.#authority = undefined;
      throw error;
    });
    return this.#authority;
  }

  async #loadAuthority(): Promise<KeyedCertificate> {
    const kept = await this.#read('local-ca');
    if (kept !== undefined && this.#isFresh(kept.certificate)) return kept;
    const name = `Mainstay local authority ${randomBytes(4).toString('hex')}`;
    return await this.#issue('local-ca', (publicKey, privateKey) => ({
      subject: name,
      publicKey,
      issuer: name,
      issuerPublicKey: publicKey,
      issuerPrivateKey: privateKey,
      hosts: null,
      days: authorityDays,
    }));
  }

  async #issue(
    file: string,
    describe: (
      publicKey: KeyObject,
      privateKey: KeyObject,
    ) => Omit<Parameters<typeof signCertificate>[0], 'notBefore' | 'notAfter'> & { readonly days: number },
  ): Promise<KeyedCertificate> {
    const { privateKey } = await newKey('ec', { namedCurve: 'P-256' });
    const { days, ...request } = describe(createPublicKey(privateKey), privateKey);
    const now = this.#clock.now();
    const certificate = signCertificate({ ...request, notBefore: now - day, notAfter: now + days * day });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    // The key first: a certificate without its key would be taken for a whole pair.
    await writeFileDurably(join(this.#directory, `${file}.key`), key, { mode: 0o600 });
    await writeFileDurably(join(this.#directory, `${file}.pem`), certificate, { mode: 0o600 });
    return { certificate, key };
  }

  async #read(file: string): Promise<KeyedCertificate | undefined> {
    try {
      const certificate = await readFile(join(this.#directory, `${file}.pem`), 'utf8');
      const key = await readFile(join(this.#directory, `${file}.key`), 'utf8');
      return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))
        ? { certificate, key }
        : undefined;
    } catch {
      // Missing or damaged: another one is made.
      return undefined;
    }
  }

  #isFresh(certificate: string): boolean {
    return Date.parse(new X509Certificate(certificate).validTo) - this.#clock.now() > renewDaysBefore * day;
  }
}

function isSignedBy(pair: KeyedCertificate, authority: KeyedCertificate): boolean {
  return new X509Certificate(pair.certificate).verify(new X509Certificate(authority.certificate).publicKey);
}

function commonNameOf(certificate: X509Certificate): string {
  return /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? '';
}
