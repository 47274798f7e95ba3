import { errorPage, titleOf } from './pages.ts';

export interface LocalAnswer {
  readonly status: number;
  readonly requestId: string;
  /** Stands in an error page where nothing better does. */
  readonly reason?: string | undefined;
  /** Further field lines, each with its CRLF. */
  readonly fields?: string;
  /** In place of the error page. */
  readonly page?: string | undefined;
  readonly connection: 'close' | 'keep-alive' | '';
  /** The answer is to HEAD: it says how long the body would be. */
  readonly headOnly: boolean;
}

/** An answer that the ingress gives itself: the whole text, and how much of it is body. */
export function writeLocalAnswer(answer: LocalAnswer): { readonly text: string; readonly bodyBytes: number } {
  const { status, requestId, connection, headOnly } = answer;
  const body = answer.page ?? errorPage(status, answer.reason, requestId);
  const length = Buffer.byteLength(body);
  const text =
    `HTTP/1.1 ${status} ${titleOf(status)}\r\ncontent-type: text/html; charset=utf-8\r\n` +
    `content-length: ${length}\r\ncache-control: no-store\r\n${answer.fields ?? ''}` +
    `${connection === '' ? '' : `connection: ${connection}\r\n`}x-request-id: ${requestId}\r\n\r\n`;
  return { text: headOnly ? text : text + body, bodyBytes: headOnly ? 0 : length };
}
