import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';

const script = await readFile(path.join(import.meta.dirname, 'accessibility-in-page.js'), 'utf8');

/**
 * What is wrong with a page for people who do not see it well or do not use a mouse: missing names,
 * references that lead nowhere, headings out of order, targets too small, contrast too low, a page
 * wider than its window. One line each.
 */
export function findAccessibilityProblems(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(script);
}

/** Collects what a page complains about in its console, from now on. */
export function collectComplaints(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('requestfailed', (request) => {
    complaints.push(`${request.url()}: ${request.failure()?.errorText ?? 'failed'}`);
  });
  return complaints;
}
