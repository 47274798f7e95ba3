/** The smallest files that say how large a picture they are: enough for whoever reads only that. */
export const pictures = {
  png(width, height) {
    const file = Buffer.alloc(64);
    file.write('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1');
    file.writeUInt32BE(width, 16);
    file.writeUInt32BE(height, 20);
    return file;
  },
  gif(width, height) {
    const file = Buffer.alloc(40);
    file.write('GIF89a', 'latin1');
    file.writeUInt16LE(width, 6);
    file.writeUInt16LE(height, 8);
    return file;
  },
  /** A JPEG with the long segment that cameras put before the picture. */
  jpeg(width, height) {
    const exif = Buffer.alloc(60_000);
    exif.writeUInt16BE(0xffe1, 0);
    exif.writeUInt16BE(exif.length - 2, 2);
    const frame = Buffer.alloc(12);
    frame.writeUInt16BE(0xffc2, 0);
    frame.writeUInt16BE(10, 2);
    frame.writeUInt16BE(height, 5);
    frame.writeUInt16BE(width, 7);
    return Buffer.concat([Buffer.from([0xff, 0xd8]), exif, Buffer.from([0xff]), frame]);
  },
  webp(form, width, height) {
    const file = Buffer.alloc(40);
    file.write(`RIFF\0\0\0\0WEBP${form}`, 'latin1');
    if (form === 'VP8 ') {
      file.writeUInt16LE(width, 26);
      file.writeUInt16LE(height, 28);
    } else if (form === 'VP8L') {
      file[20] = 0x2f;
      file.writeUInt32LE((width - 1) | ((height - 1) << 14), 21);
    } else {
      file.writeUIntLE(width - 1, 24, 3);
      file.writeUIntLE(height - 1, 27, 3);
    }
    return file;
  },
};
