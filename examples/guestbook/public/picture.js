const longestEdge = 1800;
const smallBytes = 400_000;

/**
 * Makes a photo fit for the book before it is sent: not larger than it can be seen, and without
 * what cameras write into it, such as where it was taken. Moving pictures and whatever the browser
 * cannot read are sent as they are; the server has the last word.
 */
export async function preparePicture(file) {
  if (file.type !== 'image/jpeg' && (file.type === 'image/gif' || file.size < smallBytes)) return file;
  try {
    const bitmap = await createImageBitmap(file);
    const scale = Math.min(1, longestEdge / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(bitmap.width * scale);
    canvas.height = Math.round(bitmap.height * scale);
    canvas.getContext('2d').drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    const type = file.type === 'image/jpeg' ? 'image/jpeg' : 'image/webp';
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, type, 0.86));
    return blob ?? file;
  } catch {
    return file;
  }
}
