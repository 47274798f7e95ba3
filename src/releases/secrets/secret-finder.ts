/** Shorter values stand in many files by chance, and refusing those would refuse every build. */
const shortest = 8;

/** Looks at one file, piece by piece; the name of the first secret found. */
export type FileSearch = (piece: Buffer) => string | undefined;

interface Needle {
  readonly secret: string;
  readonly bytes: Buffer;
}

/**
 * Finds configured secrets in content: each value as it is, as JSON writes it and as base64. Undefined when there is no value
 * long enough to look for.
 */
export function createSecretFinder(
  secrets: Readonly<Record<string, string>>,
): (() => FileSearch) | undefined {
  const needles = Object.entries(secrets).flatMap(([secret, value]) => needlesOf(secret, value));
  if (needles.length === 0) return undefined;
  const overlap = Math.max(...needles.map(({ bytes }) => bytes.length)) - 1;
  return () => {
    let tail = Buffer.alloc(0);
    return (piece) => {
      const content = tail.length === 0 ? piece : Buffer.concat([tail, piece]);
      const found = needles.find(({ bytes }) => content.includes(bytes));
      // A value may begin in this piece and end in the next.
      tail = Buffer.from(content.subarray(Math.max(0, content.length - overlap)));
      return found?.secret;
    };
  };
}

function needlesOf(secret: string, value: string): Needle[] {
  if (value.length < shortest) return [];
  const forms = new Set([value, JSON.stringify(value).slice(1, -1), Buffer.from(value).toString('base64')]);
  return [...forms].map((form) => ({ secret, bytes: Buffer.from(form) }));
}
