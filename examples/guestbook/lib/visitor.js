import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const cookieName = 'visitor';
const maxAgeSeconds = 365 * 24 * 3600;

/** Recognises a returning visitor by a signed cookie: nothing but a random id, so that one's own entries can be taken back. */
export function openVisitors(key) {
  const sign = (id) => createHmac('sha256', key).update(id).digest('base64url');

  return {
    /** The visitor's id, or undefined for someone new or with a cookie that was not made here. */
    recognise(request) {
      const [, id, signature] =
        /(?:^|;\s*)visitor=([\w-]{22})\.([\w-]{43})(?:;|$)/.exec(request.headers.cookie) ?? [];
      if (!id) return undefined;
      return timingSafeEqual(Buffer.from(signature), Buffer.from(sign(id))) ? id : undefined;
    },
    /** A new visitor and the cookie that says so. */
    welcome(request) {
      const id = randomBytes(16).toString('base64url');
      const secure = request.headers['x-forwarded-proto'] === 'https' ? '; Secure' : '';
      const cookie = `${cookieName}=${id}.${sign(id)}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${secure}`;
      return { id, cookie };
    },
  };
}
