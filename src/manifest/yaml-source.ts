import type { Document, ParsedNode, YAMLError } from 'yaml';
import { Composer, Lexer, Parser } from 'yaml';

/** Beyond these a file is no manifest; they bound the time that any input can cost. */
const largest = 1024 * 1024;
const mostLexemes = 100_000;

/** A fault of the YAML itself, at an offset in the text. */
export interface SyntaxProblem {
  readonly offset: number;
  readonly message: string;
  readonly hint?: string | undefined;
}

export type YamlSource =
  | { readonly ok: true; readonly contents: ParsedNode | null }
  | { readonly ok: false; readonly problems: readonly SyntaxProblem[] };

/** Reads one YAML 1.2 document. Never throws; time is linear in the text. */
export function readYaml(text: string): YamlSource {
  if (text.length > largest) return refuse(0, 'the file is larger than 1 MiB');
  const parser = new Parser();
  const composer = new Composer<ParsedNode>({ uniqueKeys: false, prettyErrors: false, logLevel: 'silent' });
  const documents: Document.Parsed<ParsedNode>[] = [];
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    lexemes += 1;
    if (lexemes > mostLexemes) return refuse(0, 'the file holds too much for a manifest');
    for (const token of parser.next(lexeme)) documents.push(...composer.next(token));
  }
  for (const token of parser.end()) documents.push(...composer.next(token));
  documents.push(...composer.end(true, text.length));

  const faults = documents.flatMap((document) => [...document.errors, ...document.warnings]);
  if (faults.length > 0) return { ok: false, problems: explainFaults(faults, text) };
  const [first, second] = documents;
  if (second !== undefined) {
    return refuse(
      second.range[0],
      'a second document begins here',
      'a manifest is one document; remove the "---"',
    );
  }
  return { ok: true, contents: first?.contents ?? null };
}

function refuse(offset: number, message: string, hint?: string): YamlSource {
  return { ok: false, problems: [{ offset, message, hint }] };
}

/** One slip often makes the parser stumble several times on the same line; only the first is told. */
function explainFaults(faults: readonly YAMLError[], text: string): SyntaxProblem[] {
  const problems: SyntaxProblem[] = [];
  let lineEnd = -1;
  for (const fault of faults.toSorted((a, b) => a.pos[0] - b.pos[0])) {
    // Stumbling on is nearly always the work of an earlier slip.
    if (fault.pos[0] <= lineEnd || (problems.length > 0 && fault.code === 'UNEXPECTED_TOKEN')) continue;
    const newline = text.indexOf('\n', fault.pos[0]);
    lineEnd = newline === -1 ? text.length : newline;
    problems.push({ offset: fault.pos[0], ...explainFault(fault, text) });
    if (fault.code === 'RESOURCE_EXHAUSTION') break;
  }
  return problems;
}

function explainFault(fault: YAMLError, text: string): { message: string; hint?: string } {
  switch (fault.code) {
    case 'TAB_AS_INDENT':
      return { message: 'a tab cannot indent YAML', hint: 'use spaces' };
    case 'BAD_ALIAS':
      return text.startsWith('*', fault.pos[0])
        ? { message: '"*" begins a reference to an anchor', hint: 'put the value in quotes' }
        : { message: 'the anchor has no name', hint: 'put the value in quotes' };
    case 'BAD_SCALAR_START':
      return {
        message: `a value cannot begin with ${text.charAt(fault.pos[0])}`,
        hint: 'put the value in quotes',
      };
    case 'BLOCK_AS_IMPLICIT_KEY':
      return {
        message: 'a mapping cannot begin here',
        hint: 'put a value that contains ": " in quotes, or check the indentation of the next line',
      };
    case 'MULTILINE_IMPLICIT_KEY':
    case 'BAD_INDENT':
      return {
        message: lowerFirst(fault.message),
        hint: 'check the indentation, and that brackets are closed',
      };
    case 'TAG_RESOLVE_FAILED':
      return { message: 'tags are not supported', hint: 'remove the word that begins with "!"' };
    case 'RESOURCE_EXHAUSTION':
      return { message: 'nested too deeply' };
    case 'MISSING_CHAR':
      return fault.message.startsWith('Implicit map key')
        ? { message: 'a key needs a ":" and a value' }
        : { message: lowerFirst(fault.message) };
    default:
      return { message: lowerFirst(fault.message) };
  }
}

function lowerFirst(message: string): string {
  const short = message.split('\n')[0]?.slice(0, 160) ?? '';
  return short.charAt(0).toLowerCase() + short.slice(1);
}
