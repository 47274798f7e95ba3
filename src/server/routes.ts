import type { ApiCall } from '../api/api-call.ts';
import { type ControlCallName, controlCalls } from '../api/control.ts';

export interface Match {
  readonly name: ControlCallName;
  readonly call: ApiCall;
  readonly params: Readonly<Record<string, string>>;
}

interface Route {
  readonly name: ControlCallName;
  readonly call: ApiCall;
  readonly segments: readonly string[];
}

const table: readonly Route[] = Object.entries(controlCalls).map(([name, call]) => ({
  name: name as ControlCallName,
  call,
  segments: call.path.split('/').slice(1),
}));

/** The call that a method and a path lead to; `allowed` names the methods that the path would take. */
export function matchRoute(
  method: string,
  path: string,
): { readonly match: Match } | { readonly allowed: readonly string[] } {
  const parts = path.split('/').slice(1);
  const fitting = table.flatMap((route) => {
    const params = matchSegments(route.segments, parts);
    return params === undefined ? [] : [{ name: route.name, call: route.call, params }];
  });
  const match = fitting.find(({ call }) => call.method === method);
  return match === undefined ? { allowed: fitting.map(({ call }) => call.method) } : { match };
}

function matchSegments(
  segments: readonly string[],
  parts: readonly string[],
): Record<string, string> | undefined {
  if (segments.length !== parts.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = parts[index] ?? '';
    if (segment.startsWith(':')) {
      const value = decode(part);
      if (value === undefined) return undefined;
      params[segment.slice(1)] = value;
    } else if (segment !== part) return undefined;
  }
  return params;
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
