import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { Failure } from '../core/failure.ts';

const version = 'v1';
const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/** `seal` and `unseal` with one key. */
export interface Sealer {
  seal(plaintext: string, context: string): string;
  unseal(sealed: string, context: string): string;
}

export function createSealer(key: Uint8Array): Sealer {
  return {
    seal: (plaintext, context) => seal(key, plaintext, context),
    unseal: (sealed, context) => unseal(key, sealed, context),
  };
}

/**
 * Encrypts text at rest: `v1.<id of the key>.<base64url of nonce, ciphertext and tag>`, AES-256-GCM with a random nonce of
 * 96 bits. `context` is not stored but must be the same to open it, so that a sealed text cannot be moved elsewhere.
 */
export function seal(key: Uint8Array, plaintext: string, context: string): string {
  const nonce = randomBytes(nonceBytes);
  const encryption = createCipheriv(cipher, key, nonce, { authTagLength: tagBytes });
  encryption.setAAD(associated(context));
  const body = [nonce, encryption.update(plaintext, 'utf8'), encryption.final(), encryption.getAuthTag()];
  return `${version}.${keyId(key)}.${Buffer.concat(body).toString('base64url')}`;
}

/** Throws `state-corrupt` when the text was changed, or sealed for another context or with another key. */
export function unseal(key: Uint8Array, sealed: string, context: string): string {
  const [writtenBy, id, body, ...more] = sealed.split('.');
  const content = Buffer.from(body ?? '', 'base64url');
  if (writtenBy !== version || more.length > 0 || content.length < nonceBytes + tagBytes)
    throw unreadable(context, 'it is not in a form that this version knows');
  if (id !== keyId(key))
    throw unreadable(context, `it was sealed with the key ${id}, and the key file holds ${keyId(key)}`);
  const decryption = createDecipheriv(cipher, key, content.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  });
  decryption.setAAD(associated(context));
  decryption.setAuthTag(content.subarray(-tagBytes));
  try {
    const plaintext = decryption.update(content.subarray(nonceBytes, -tagBytes));
    return Buffer.concat([plaintext, decryption.final()]).toString('utf8');
  } catch (error) {
    throw unreadable(context, 'it was changed, or belongs elsewhere', error);
  }
}

function associated(context: string): Buffer {
  return Buffer.from(`mainstay ${version} ${context}`);
}

/** Tells keys apart without telling anything about them. */
function keyId(key: Uint8Array): string {
  return createHash('sha256').update('mainstay key id\0').update(key).digest('hex').slice(0, 8);
}

function unreadable(context: string, why: string, cause?: unknown): Failure {
  return new Failure('state-corrupt', `The sealed text of ${context} cannot be opened: ${why}.`, {
    hint: 'Put the key file back from a copy, or set the secret anew.',
    details: { context },
    cause,
  });
}
