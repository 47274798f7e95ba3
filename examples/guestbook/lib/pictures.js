import { randomUUID } from 'node:crypto';
import { createReadStream, mkdirSync } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { inspectPicture, pictureKinds } from './picture-kinds.js';
import { RequestError } from './request-error.js';

const incoming = '.incoming-';

/** The folder of pictures. A picture's name is random and never used again, so it may be cached for ever. */
export function openPictures(directory, maxBytes) {
  mkdirSync(directory, { recursive: true });
  const pathOf = (file) => path.join(directory, path.basename(file));

  return {
    /**
     * Streams a picture to disk. Resolves to undefined when the body is empty; otherwise the picture
     * waits under a temporary name until `keep` gives it its own or `drop` removes it.
     */
    async receive(body) {
      const temporary = pathOf(incoming + randomUUID());
      try {
        const bytes = await writeAll(temporary, body, maxBytes);
        const found = bytes > 0 ? await inspectPicture(temporary) : undefined;
        if (bytes > 0 && !found) {
          const message = 'This is not a picture that can be shown. Please use JPEG, PNG, WebP or GIF.';
          throw new RequestError(415, message, { picture: message });
        }
        if (!found) await rm(temporary);
        return found && { temporary, ...found };
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    },
    async keep({ temporary, extension, width, height }) {
      const file = `${randomUUID()}.${extension}`;
      await rename(temporary, pathOf(file));
      await syncDirectory(directory);
      return { file, width, height };
    },
    drop: (picture) => rm(picture.temporary, { force: true }),
    remove: (file) => rm(pathOf(file), { force: true }),
    /** `{ type, bytes, stream() }` of a kept picture, or undefined. */
    async find(file) {
      const kind = pictureKinds[/^[0-9a-f-]{36}\.([a-z]+)$/.exec(file)?.[1]];
      if (!kind) return undefined;
      const found = await stat(pathOf(file)).catch(() => undefined);
      return found && { type: kind.type, bytes: found.size, stream: () => createReadStream(pathOf(file)) };
    },
    /** Removes files older than `ageMs` that no entry shows: a crash between two steps may leave one. */
    async tidy(isShown, ageMs) {
      let removed = 0;
      for (const file of await readdir(directory)) {
        const { mtimeMs } = await stat(pathOf(file));
        if (Date.now() - mtimeMs < ageMs || isShown(file)) continue;
        await rm(pathOf(file), { force: true });
        removed += 1;
      }
      return removed;
    },
  };
}

async function writeAll(file, body, maxBytes) {
  const handle = await open(file, 'wx', 0o640);
  try {
    let bytes = 0;
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        const message = `This picture is too large. It may have up to ${maxBytes / 1024 / 1024} MB.`;
        throw new RequestError(413, message, { picture: message });
      }
      await handle.write(chunk);
    }
    if (bytes > 0) await handle.sync();
    return bytes;
  } finally {
    await handle.close();
  }
}

async function syncDirectory(directory) {
  const handle = await open(directory);
  await handle.sync().finally(() => handle.close());
}
