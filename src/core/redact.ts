/** Shorter values would blot out ordinary words, and are no secret that could be kept anyway. */
const shortestSecret = 4;
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
 * Redacts these values wherever they stand, also as they look inside JSON or a URL. Longer ones go first, so
 * that a secret that holds another leaves nothing behind; of a value of several lines each line counts by itself.
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
      for (const form of [value, value.trim(), JSON.stringify(value).slice(1, -1), encodeForUrl(value)]) {
        if (form.length >= shortestSecret) forms.add(form);
      }
    }
  }
  return [...forms].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
}

function encodeForUrl(value: string): string {
  // A lone surrogate has no encoding in a URL, so it cannot stand in one either.
  return value.isWellFormed() ? encodeURIComponent(value) : value;
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
