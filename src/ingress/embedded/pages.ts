/** The pages that the ingress answers with itself. */

const titles: Readonly<Record<number, string>> = {
  308: 'Permanent Redirect',
  400: 'Bad Request',
  404: 'Not Found',
  408: 'Request Timeout',
  413: 'Content Too Large',
  417: 'Expectation Failed',
  421: 'Misdirected Request',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
};

export const titleOf = (status: number): string => titles[status] ?? 'Error';

const explanations: Readonly<Record<number, string>> = {
  308: 'This page is served over https.',
  404: 'There is nothing at this address.',
  408: 'The request took too long to arrive.',
  413: 'What was sent is larger than this service accepts.',
  431: 'The head of the request is larger than this server accepts.',
  502: 'The application did not give a usable answer.',
  503: 'The application is not available right now. Please try again in a moment.',
  504: 'The application took too long to answer.',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const style =
  ':root{color-scheme:light dark}' +
  'body{margin:0;min-height:100vh;display:grid;place-items:center;padding:2rem;box-sizing:border-box;' +
  'font:1.05rem/1.6 system-ui,sans-serif;background:#f6f5f1;color:#26241f}' +
  'main{max-width:34rem}h1{font-size:1.6rem;line-height:1.25;margin:0 0 .6rem}p{margin:.4rem 0}' +
  'small{color:#78746a}.lamp{width:3.2rem;height:3.2rem;margin-bottom:1rem}' +
  '@media(prefers-color-scheme:dark){body{background:#191a1c;color:#e9e6df}small{color:#9a958a}}';

function page(title: string, body: string): string {
  return (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">' +
    '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">' +
    `<title>${escapeHtml(title)}</title><style>${style}</style></head><body><main>${body}</main></body></html>\n`
  );
}

/** A small page for a status; `requestId` lets a person's report be found in the access log. */
export function errorPage(status: number, reason: string | undefined, requestId: string): string {
  const text = explanations[status] ?? (reason === undefined ? '' : `The request was refused: ${reason}.`);
  return page(
    `${status} ${titleOf(status)}`,
    `<h1>${titleOf(status)}</h1><p>${escapeHtml(text)}</p>` +
      `<p><small>${status} · request ${escapeHtml(requestId)}</small></p>`,
  );
}

const lamp =
  '<svg class="lamp" viewBox="0 0 48 48" fill="none" stroke="currentColor" stroke-width="2.5" ' +
  'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M24 6v36M10 22h28"/>' +
  '<circle cx="24" cy="9" r="4"/><path d="M8 28c1 9 8 14 16 14s15-5 16-14"/></svg>';

/** Shown while an operator has put a service into maintenance. It reloads by itself. */
export function maintenancePage(message: string, requestId: string): string {
  const text = message.trim() === '' ? 'We are working on it and will be back shortly.' : message;
  return page(
    'Back shortly',
    `${lamp}<h1>Back shortly</h1><p>${escapeHtml(text)}</p>` +
      '<p><small>This page tries again by itself every half minute. Nothing you have saved is lost.</small></p>' +
      `<p><small>request ${escapeHtml(requestId)}</small></p>` +
      '<script>setTimeout(function(){location.reload()},30000)</script>',
  );
}
