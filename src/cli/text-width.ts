/* An escape sequence of a terminal: CSI, OSC, or a single letter. */
const escapeSequence = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const joined = /\p{Mn}|\p{Me}|[\u200b-\u200d]/u;

/** Columns that a text takes on a terminal. Escape sequences take none. */
export function textWidth(text: string): number {
  const bare = text.includes('\u001b') ? text.replaceAll(escapeSequence, '') : text;
  if (isAscii(bare)) return bare.length;
  let width = 0;
  for (const character of bare) width += characterWidth(character);
  return width;
}

/** Cuts a text (which may hold colours) to a width, with an ellipsis in place of what is lost. */
export function cutText(text: string, width: number, ellipsis = '…'): string {
  if (textWidth(text) <= width) return text;
  const room = Math.max(0, width - ellipsis.length);
  let used = 0;
  let result = '';
  let last = 0;
  const push = (part: string): boolean => {
    for (const character of part) {
      const next = used + characterWidth(character);
      if (next > room) return false;
      used = next;
      result += character;
    }
    return true;
  };
  for (const match of text.matchAll(escapeSequence)) {
    if (!push(text.slice(last, match.index))) return `${result}${ellipsis.slice(0, width)}${closing(text)}`;
    result += match[0];
    last = match.index + match[0].length;
  }
  push(text.slice(last));
  return `${result}${ellipsis.slice(0, width)}${closing(text)}`;
}

export function padText(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)));
}

/** Breaks at spaces; a word longer than the width stands on a line of its own. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const word of paragraph.split(' ')) {
      if (line !== '' && textWidth(line) + 1 + textWidth(word) > width) {
        lines.push(line);
        line = word;
      } else {
        line = line === '' ? word : `${line} ${word}`;
      }
    }
    lines.push(line);
  }
  return lines;
}

/**
 * Text from an application, safe to show on a terminal: colours stay when asked for, whatever else could
 * move the cursor, ring or rename the window goes.
 */
export function showableText(text: string, colours: boolean): string {
  const kept = text.replaceAll(escapeSequence, (sequence) =>
    colours && /^\u001b\[[0-9;]*m$/.test(sequence) ? sequence : '',
  );
  const clean = kept.replaceAll(
    colours ? /[\0-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]/g : /[\0-\x08\x0b-\x1f\x7f-\x9f]/g,
    '',
  );
  return colours && clean.includes('\u001b') ? `${clean.replaceAll(/\u001b(?!\[)/g, '')}\u001b[0m` : clean;
}

function closing(text: string): string {
  return text.includes('\u001b') ? '\u001b[0m' : '';
}

function characterWidth(character: string): number {
  if (joined.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 126) return false;
  return true;
}
