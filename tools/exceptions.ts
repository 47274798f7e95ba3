/** Where one of our own rules does not fit, and why. One that is no longer needed is reported. */
export const exceptions: readonly Exception[] = [
  {
    rule: 'default-export',
    path: 'tools/test-reporter.mjs',
    reason: 'Node takes a test reporter from the default export.',
  },
];

export interface Exception {
  readonly rule: string;
  readonly path: string;
  readonly reason: string;
}
