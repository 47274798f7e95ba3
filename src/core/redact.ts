/** Shorter values would blot out ordinary words, and are no secret that could be kept anyway. */
const shortestSecret = 4;
/** In base64 so much of a value must be certain before it is told from other text. */
const shortestBase64 = 8;
const mark = '[secret]';

/** Takes secret values out of text. Pure; made once per process whose output it guards. */
export interface Redactor {
  redact(text: string): string;
  /**
   * The greatest index, at most `text.length`, at which text may be cut so that no secret lies across the
   * cut or may yet do so with what follows.
   */
  safeCut(text: string): number;
}

/**
 * Redacts these values wherever they stand, also as they look inside JSON, a URL, HTML or base64 (an `Authorization`
 * field holds them so). Longer ones go first, so that a secret that holds another leaves nothing behind; of a value
 * of several lines each line counts by itself.
 */
export function createRedactor(secrets: Iterable<string>): Redactor {
  const forms = allForms(secrets);
  const longest = forms[0]?.length ?? 0;
  if (longest === 0) return { redact: (text) => text, safeCut: (text) => text.length };
  const pattern = new RegExp(forms.map(escapePattern).join('|'), 'g');
  return {
    redact: (text) => text.replace(pattern, mark),
    safeCut(text) {
      let cut = Math.max(0, text.length - (longest - 1));
      // Moving the cut to the left of one secret may put it inside another.
      for (let before = -1; before !== cut; ) {
        before = cut;
        for (const form of forms) cut = leftOf(text, form, cut);
      }
      return cut;
    },
  };
}

function leftOf(text: string, form: string, cut: number): number {
  for (let at = text.indexOf(form); at !== -1 && at < cut; at = text.indexOf(form, at + 1)) {
    if (at + form.length > cut) return at;
  }
  return cut;
}

function allForms(secrets: Iterable<string>): string[] {
  const forms = new Set<string>();
  for (const secret of secrets) {
    for (const value of [secret, ...secret.split(/\r?\n/)]) {
      for (const form of [value, value.trim(), ...jsonForms(value), ...urlForms(value), htmlForm(value)]) {
        if (form.length >= shortestSecret) forms.add(form);
      }
    }
    for (const form of base64Forms(secret)) if (form.length >= shortestBase64) forms.add(form);
  }
  return [...forms].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
}

/** As JavaScript writes it, with escaped slashes as PHP does, and in ASCII alone as Python does. */
function jsonForms(value: string): string[] {
  const plain = JSON.stringify(value).slice(1, -1);
  const ascii = plain.replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return [plain, ascii, ascii.replaceAll('/', '\\/')];
}

/** Libraries differ about spaces, about five other characters, and about the case of the digits. */
function urlForms(value: string): string[] {
  // A lone surrogate has no encoding in a URL, so it cannot stand in one either.
  if (!value.isWellFormed()) return [];
  const usual = encodeURIComponent(value);
  const strict = usual.replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return [usual, strict].flatMap((form) => {
    const lower = form.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase());
    return [form, lower, form.replaceAll('%20', '+'), lower.replaceAll('%20', '+')];
  });
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function htmlForm(value: string): string {
  return value.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/**
 * The value by itself, and the characters that it alone decides when other bytes stand before and after it, for each
 * of the three places at which it can begin.
 */
function base64Forms(value: string): string[] {
  const bytes = Buffer.from(value, 'utf8');
  const inside = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  const forms = [bytes.toString('base64'), ...inside];
  return [...forms, ...forms.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))];
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
