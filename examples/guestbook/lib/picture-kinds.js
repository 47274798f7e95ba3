import { open } from 'node:fs/promises';

/** The kinds of picture that are taken, known by how a file begins and not by what it is called. */
export const pictureKinds = {
  png: {
    type: 'image/png',
    begins: (b) => b.toString('latin1', 0, 8) === '\x89PNG\r\n\x1a\n',
    size: pngSize,
  },
  gif: { type: 'image/gif', begins: (b) => /^GIF8[79]a/.test(b.toString('latin1', 0, 6)), size: gifSize },
  webp: { type: 'image/webp', begins: isWebp, size: webpSize },
  jpg: { type: 'image/jpeg', begins: (b) => b.readUIntBE(0, 3) === 0xffd8ff, size: jpegSize },
};

const headBytes = 32;

/** `{ extension, width, height }` of the picture in a file, or undefined when it is none that is taken. */
export async function inspectPicture(file) {
  const handle = await open(file);
  try {
    const head = Buffer.alloc(headBytes);
    await handle.read(head, 0, headBytes, 0);
    for (const [extension, kind] of Object.entries(pictureKinds)) {
      if (!kind.begins(head)) continue;
      const size = await kind.size(head, handle);
      return size && size.width > 0 && size.height > 0 ? { extension, ...size } : undefined;
    }
    return undefined;
  } finally {
    await handle.close();
  }
}

function isWebp(head) {
  return head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'WEBP';
}

function pngSize(head) {
  return { width: head.readUInt32BE(16), height: head.readUInt32BE(20) };
}

function gifSize(head) {
  return { width: head.readUInt16LE(6), height: head.readUInt16LE(8) };
}

/** The three forms of WebP keep their size in three ways: plain, lossless and extended. */
function webpSize(head) {
  const form = head.toString('latin1', 12, 16);
  if (form === 'VP8 ') {
    return { width: head.readUInt16LE(26) & 0x3fff, height: head.readUInt16LE(28) & 0x3fff };
  }
  if (form === 'VP8L') {
    const bits = head.readUInt32LE(21);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  if (form === 'VP8X') return { width: head.readUIntLE(24, 3) + 1, height: head.readUIntLE(27, 3) + 1 };
  return undefined;
}

/** Walks the segments of a JPEG to the frame header: cameras put long ones before it. */
async function jpegSize(_head, handle) {
  const segment = Buffer.alloc(9);
  let position = 2;
  for (let count = 0; count < 500; count++) {
    const { bytesRead } = await handle.read(segment, 0, 9, position);
    if (bytesRead < 9 || segment[0] !== 0xff) return undefined;
    const marker = segment[1];
    // C4, C8 and CC lie in the range of frame headers but are tables.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return { width: segment.readUInt16BE(7), height: segment.readUInt16BE(5) };
    }
    // A marker may be padded with any number of FF bytes.
    position += marker === 0xff ? 1 : 2 + segment.readUInt16BE(2);
  }
  return undefined;
}
